package fault

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Fault is an error a person reads: what happened, why, and what to do.
type Fault struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Why     []string `json:"why"`             // the reasons of the fact that decided
	State   string   `json:"state,omitempty"` // what serves now
	Logs    []string `json:"logs,omitempty"`  // the last lines of what failed
	Fix     []string `json:"fix"`             // commands that run as printed
	Event   *Event   `json:"event,omitempty"`
	Trace   string   `json:"trace,omitempty"`

	more  string // where more log lines are
	shown string // words that stand for the usual form
	cause error
}

// Event names the fact a fault rests on.
type Event struct {
	ID  string `json:"id"`
	Seq uint64 `json:"seq"`
}

// New makes a fault of a code of the table. An error among args stays its cause.
func New(code, message string, args ...any) *Fault {
	f := &Fault{Code: code, Message: fmt.Sprintf(message, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			f.cause = err
		}
	}
	return f
}

// Because adds reasons.
func (f *Fault) Because(why ...string) *Fault { f.Why = append(f.Why, why...); return f }

// Try adds commands that run as printed.
func (f *Fault) Try(fix ...string) *Fault { f.Fix = append(f.Fix, fix...); return f }

// Commands gives each command that a person may type another form.
func (f *Fault) Commands(form func(string) string) {
	for i, fix := range f.Fix {
		f.Fix[i] = form(fix)
	}
	if f.more != "" {
		f.more = form(f.more)
	}
}

// Serving says what serves now.
func (f *Fault) Serving(format string, args ...any) *Fault {
	f.State = fmt.Sprintf(format, args...)
	return f
}

// logLines is how many lines of a failed start are shown.
const logLines = 10

// Output adds the last lines of what failed, and the command that shows more.
func (f *Fault) Output(more string, lines ...string) *Fault {
	f.Logs, f.more = lines[max(0, len(lines)-logLines):], more
	return f
}

// Rests names the fact it rests on.
func (f *Fault) Rests(id string, seq uint64) *Fault { f.Event = &Event{ID: id, Seq: seq}; return f }

// Shown gives the words a person reads in place of the usual form, whole lines.
func (f *Fault) Shown(text string) *Fault { f.shown = text; return f }

// Error is the code and the message.
func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// Unwrap is the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Exit is the code's exit status; 1 for a code nobody declared.
func (f *Fault) Exit() int {
	if row, ok := Find(f.Code); ok {
		return row.Exit
	}
	return 1
}

// MarshalJSON writes the fault as documents have it: lists are never null.
func (f *Fault) MarshalJSON() ([]byte, error) {
	type fields Fault
	body := struct {
		Code string `json:"code"`
		Exit int    `json:"exit"`
		fields
	}{f.Code, f.Exit(), fields(*f)}
	body.Why, body.Fix = orEmpty(f.Why), orEmpty(f.Fix)
	return json.Marshal(body)
}

func orEmpty(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// Of is the fault in err's chain; an error without one is SLW-X001.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New("SLW-X001", "%v", err)
}
