package progress

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/output"
)

// plain writes one line a transition.
type plain struct {
	Options
	waiting string
}

// told are the entities whose every transition a person follows; of the others only
// what went wrong.
var told = map[string]bool{"app": true, "release": true, "analysis": true, "route": true, "instance": true, "evacuation": true}

// quietly are transitions of those that say nothing new to a person.
var quietly = map[string]bool{
	"instance.fetching": true, "instance.fetched": true, "instance.starting": true, "route.declared": true,
}

// Worth tells whether a person follows a fact.
func Worth(e events.Event) bool {
	name := e.Kind.Name()
	switch name {
	case "placement.blocked", "endpoint.refused", "traffic.cut", "settlement.reached":
		return true
	}
	return told[e.Kind.Entity] && !quietly[name]
}

func (p *plain) Fact(e events.Event, _ []byte) {
	if !p.Verbose && !Worth(e) {
		return
	}
	at := e.Stored
	if at.IsZero() {
		at = e.Time
	}
	line := fmt.Sprintf("%s  %-40s %s", clock(at, p.UTC), e.Kind.Entity+" "+e.Subject+" "+e.Kind.Happened, e.Reason)
	if p.Verbose {
		line += fmt.Sprintf("  #%d %s", e.Pos.Seq, e.StreamSubject())
	}
	p.Say(line)
}

func (p *plain) Waits(w []service.Waiter) {
	words := waitWords(w)
	if words == p.waiting {
		return
	}
	if p.waiting = words; words != "" {
		p.Say("          waits for: " + words)
	}
}

// beneath is where a line goes on that is wider than the terminal: under what follows
// the time of day.
const beneath = len("15:04:05  ")

// Say writes a line; only a terminal that is narrower gets it on several.
func (p *plain) Say(words string) {
	fmt.Fprintln(p.To, output.Fit(output.Printable(words), p.Width(), beneath))
}

func (p *plain) Tick() {}
func (p *plain) End()  {}

func waitWords(w []service.Waiter) string {
	if len(w) == 0 {
		return ""
	}
	words := w[0].Detail
	if len(w) > 1 {
		words += fmt.Sprintf(" (and %d more)", len(w)-1)
	}
	return words
}

func clock(t time.Time, utc bool) string {
	if utc {
		return t.UTC().Format(time.TimeOnly)
	}
	return t.Local().Format(time.TimeOnly)
}
