package bus

// subjectMatches tells whether a subject lies under a filter. Neither holds a wildcard
// inside of a token: names that have one are escaped.
func subjectMatches(filter, subject string) bool {
	f, s := 0, 0
	for f < len(filter) && s < len(subject) {
		switch c := filter[f]; {
		case c == '>':
			return true
		case c == '*':
			for s < len(subject) && subject[s] != '.' {
				s++
			}
			f++
		case c != subject[s]:
			return false
		default:
			f, s = f+1, s+1
		}
	}
	return f == len(filter) && s == len(subject)
}
