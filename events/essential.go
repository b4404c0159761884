package events

// Essential tells whether every one of a decision's events is said even when the log
// is nearly full: it takes load away, moves it back, keeps it alive or ends what
// began before.
func Essential(es []Event) bool {
	for _, e := range es {
		if row, known := Find(e.Kind); !known || !row.Essential {
			return false
		}
	}
	return true
}
