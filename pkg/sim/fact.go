package sim

import (
	"time"

	"slipway.dev/events"
)

// Fact is a payload as its owner says it at a moment: the one with that number under its
// guard, from 1.
func Fact(p events.Payload, ordinal uint64, at time.Time) events.Event {
	kind, about := events.KindOf(p), p.About()
	return events.Event{
		ID: events.ID(events.Guard(kind.Owner, about.App, about.Place), ordinal), Source: events.Source(kind.Owner, about.Place),
		Kind: kind, App: about.App, Place: about.Place, Subject: about.Subject, Time: at, Ordinal: ordinal, Data: p,
		Actor: events.Actor(kind.Owner, about.Place), Correlation: "test",
	}
}
