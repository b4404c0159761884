package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// line is one line of a script.
type line struct {
	number int // in its section, from 1
	verb   string
	args   []string
	data   json.RawMessage // nil: none told
	reason string
	told   bool // a reason was told, perhaps an empty one
}

// linesOf reads a section. Remarks and empty lines are left out; a line that begins
// with a space goes on with the one before.
func linesOf(section []byte) (lines []line, err error) {
	var whole []string
	var numbers []int
	for i, text := range strings.Split(string(section), "\n") {
		switch trimmed := strings.TrimSpace(text); {
		case trimmed == "" || trimmed[0] == '#':
		case len(whole) > 0 && (text[0] == ' ' || text[0] == '\t'):
			whole[len(whole)-1] += " " + trimmed
		default:
			whole, numbers = append(whole, trimmed), append(numbers, i+1)
		}
	}
	for i, text := range whole {
		l, err := lineOf(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", numbers[i], text, err)
		}
		l.number = numbers[i]
		lines = append(lines, l)
	}
	return lines, nil
}

// lineOf reads words, then an object, then a quoted reason.
func lineOf(text string) (l line, err error) {
	words, rest := text, ""
	if i := strings.IndexAny(text, `{"`); i >= 0 {
		words, rest = text[:i], text[i:]
	}
	fields := strings.Fields(words)
	if len(fields) == 0 {
		return l, fmt.Errorf("want a verb")
	}
	l.verb, l.args = fields[0], fields[1:]
	if strings.HasPrefix(rest, "{") {
		d := json.NewDecoder(strings.NewReader(rest))
		if err := d.Decode(&l.data); err != nil {
			return l, fmt.Errorf("data: %w", err)
		}
		rest = strings.TrimSpace(rest[d.InputOffset():])
	}
	if rest == "" {
		return l, nil
	}
	if l.reason, err = strconv.Unquote(rest); err != nil {
		return l, fmt.Errorf("reason: want one quoted text")
	}
	l.told = true
	return l, nil
}

// arg is an argument, "" where none stands or it is "_".
func (l line) arg(i int) string {
	if i >= len(l.args) || l.args[i] == "_" {
		return ""
	}
	return l.args[i]
}

// strict reads an object and refuses a field its target does not have.
func strict(data json.RawMessage, into any) error {
	if data == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
