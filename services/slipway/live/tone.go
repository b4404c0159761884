package live

// tone is how a text is meant; what it says is said by its words.
type tone string

// Tones, as the terminal's own colours: they fit its background, dark or light.
const (
	usual  tone = ""
	strong tone = "1"
	faint  tone = "2"
	bad    tone = "31"
	good   tone = "32"
	heed   tone = "33"
)

const (
	begin = "\x1b["
	reset = "\x1b[m"
)

// tint writes a text in its tone, where the terminal has colours.
func (t Terminal) tint(text string, as tone) string {
	if !t.Colour || as == usual || text == "" {
		return text
	}
	return begin + string(as) + "m" + text + reset
}

// toneOf is how the state of an instance is meant.
func toneOf(state string) tone {
	switch state {
	case "ready":
		return good
	case "failed", "exited", "backing-off", "lost", "blocked", "unready":
		return bad
	case "stopping", "stopped", "completed":
		return faint
	}
	return usual
}

// toneOfVerdict is how a judgement is meant.
func toneOfVerdict(verdict string) tone {
	switch verdict {
	case "success":
		return good
	case "failure", "error":
		return bad
	}
	return heed
}
