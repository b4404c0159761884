package progress

import (
	"io"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Kinds of progress.
const (
	TTY   = "tty"
	Plain = "plain"
	JSON  = "json"
	Quiet = "quiet"
)

// Options of a view.
type Options struct {
	To      io.Writer
	UTC     bool
	Verbose bool
	Width   func() int       // of the terminal; 0: there is none
	Now     func() time.Time // for what is still going on
	// Picture is what a terminal shall show now, no line wider than it; over: for good.
	Picture func(over bool) []string
}

// View shows how something goes on.
type View interface {
	// Fact takes one fact, decoded, and its bytes as stored.
	Fact(e events.Event, body []byte)
	// Waits tells what is waited for now; the same again is not told twice.
	Waits(w []service.Waiter)
	// Say tells a person something beside the facts.
	Say(words string)
	// Tick lets time pass.
	Tick()
	// End leaves the terminal as it shall stay.
	End()
}

// New makes a view of a kind; any other word is quiet.
func New(kind string, o Options) View {
	switch kind {
	case TTY:
		return &tree{Options: o}
	case Plain:
		return &plain{Options: o}
	case JSON:
		return &raw{to: o.To}
	}
	return quiet{}
}

// quiet shows nothing.
type quiet struct{}

func (quiet) Fact(events.Event, []byte) {}
func (quiet) Waits([]service.Waiter)    {}
func (quiet) Say(string)                {}
func (quiet) Tick()                     {}
func (quiet) End()                      {}

// raw writes the events, one a line.
type raw struct{ to io.Writer }

func (r *raw) Fact(_ events.Event, body []byte) {
	_, _ = r.to.Write(append(body[:len(body):len(body)], '\n'))
}
func (*raw) Waits([]service.Waiter) {}
func (*raw) Say(string)             {}
func (*raw) Tick()                  {}
func (*raw) End()                   {}
