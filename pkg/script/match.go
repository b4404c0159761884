package script

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// match compares a then with what was said since the last one and with what runs.
func (w *world) match(lines []line) error {
	said := w.sinceThen()
	acts, compareActs := actsOf(lines)
	var says []line
	for _, l := range lines {
		switch l.verb {
		case "say":
			says = append(says, l)
		case "quiet", "act":
		default:
			return fmt.Errorf("line %d: %s stands in no then: say, act, quiet", l.number, l.verb)
		}
	}
	if len(says) != len(said) {
		return fmt.Errorf("%d facts wanted, %d said:\n%s", len(says), len(said), listed(said))
	}
	for i, l := range says {
		if why := differs(l, said[i]); why != "" {
			return fmt.Errorf("line %d: fact %d: %s; said:\n%s", l.number, i+1, why, listed(said))
		}
	}
	if running := w.running(); compareActs && !slices.Equal(acts, running) {
		return fmt.Errorf("acts %v run, want %v", running, acts)
	}
	return nil
}

// sinceThen is what was said since the last then.
func (w *world) sinceThen() []events.Event {
	if w.live == nil {
		return nil
	}
	said := w.live.said[w.then:]
	w.then = len(w.live.said)
	return said
}

func (w *world) running() []string {
	if w.live == nil {
		return nil
	}
	return service.Sorted(w.live.acts)
}

// actsOf is the acts a then names; "act none" names that nothing runs.
func actsOf(lines []line) (acts []string, any bool) {
	acts = []string{}
	for _, l := range lines {
		if l.verb != "act" {
			continue
		}
		any = true
		if l.arg(0) != "none" {
			acts = append(acts, l.arg(0))
		}
	}
	slices.Sort(acts)
	return acts, any
}

// differs tells why a fact is not what a line wants; "" if it is.
func differs(l line, e events.Event) string {
	head := strings.Join(l.args, " ")
	if want := "want " + head; head != heading(e) {
		return want
	}
	if l.told && l.reason != e.Reason {
		return fmt.Sprintf("want reason %q", l.reason)
	}
	if l.data == nil {
		return ""
	}
	var want, got any
	if err := json.Unmarshal(l.data, &want); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal(e.Raw, &got); err != nil {
		return err.Error()
	}
	return lacks("data", want, got)
}

// lacks tells where got is not as want says; what want does not name may be anything.
func lacks(at string, want, got any) string {
	switch x := want.(type) {
	case map[string]any:
		y, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, got)
		}
		for _, k := range service.Sorted(x) {
			if why := lacks(at+"."+k, x[k], y[k]); why != "" {
				return why
			}
		}
		return ""
	case []any:
		y, ok := got.([]any)
		if !ok || len(x) != len(y) {
			return fmt.Sprintf("%s is %v, want %d of them", at, got, len(x))
		}
		for i := range x {
			if why := lacks(at+"."+strconv.Itoa(i), x[i], y[i]); why != "" {
				return why
			}
		}
		return ""
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Sprintf("%s is %v, want %v", at, got, want)
	}
	return ""
}

// rewritten is a then as it is. Of the data a line named, the same parts are named.
func (w *world) rewritten(lines []line) ([]byte, error) {
	said := w.sinceThen()
	_, acts := actsOf(lines)
	named := map[string][]line{}
	for _, l := range lines {
		if l.verb == "say" {
			head := strings.Join(l.args, " ")
			named[head] = append(named[head], l)
		}
	}
	var b strings.Builder
	for _, e := range said {
		b.WriteString("say " + heading(e))
		if same := named[heading(e)]; len(same) > 0 {
			named[heading(e)] = same[1:]
			part, err := partOf(same[0].data, e.Raw)
			if err != nil {
				return nil, err
			}
			b.WriteString(part)
		}
		b.WriteString(reasonOf(e) + "\n")
	}
	if acts {
		b.WriteString(actLines(w.running()))
	}
	if b.Len() == 0 {
		return []byte("quiet\n"), nil
	}
	return []byte(b.String()), nil
}

// partOf is the fields of got that want names, written after a heading.
func partOf(want, got json.RawMessage) (string, error) {
	if want == nil {
		return "", nil
	}
	var x, y map[string]json.RawMessage
	if err := json.Unmarshal(want, &x); err != nil {
		return "", err
	}
	if err := json.Unmarshal(got, &y); err != nil {
		return "", err
	}
	for k := range x {
		if x[k] = y[k]; y[k] == nil {
			delete(x, k)
		}
	}
	b, err := json.Marshal(x)
	return " " + string(b), err
}

func actLines(running []string) string {
	if len(running) == 0 {
		return "act none\n"
	}
	return "act " + strings.Join(running, "\nact ") + "\n"
}

func listed(said []events.Event) string {
	var b strings.Builder
	for _, e := range said {
		b.WriteString("  say " + told(e) + " " + string(e.Raw) + "\n")
	}
	return b.String()
}

// told is a fact as a then has it.
func told(e events.Event) string { return heading(e) + reasonOf(e) }

func heading(e events.Event) string {
	app := e.App
	if app == "" {
		app = "_"
	}
	return app + " " + e.Kind.Name() + " " + e.Subject
}

func reasonOf(e events.Event) string {
	if e.Reason == "" {
		return ""
	}
	return " " + strconv.Quote(e.Reason)
}
