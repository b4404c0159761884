package view

import (
	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Snapshot is the service whose snapshot a Log can begin from.
const Snapshot = "deployer"

// FleetFilter selects the facts that concern no app. A Log that begins from a snapshot
// hears them from the first on: nodes, gateways and dead letters are not all in it.
const FleetFilter = "slipway.event._.>"

// Begin takes over the deployer's snapshot, if it is of this log and no later than the
// end that is asked for, and nothing in it stands still: who only looks on passes what cannot
// be read. ok is false if the fold begins at the first event. A Log that
// has begun so tells how things are, and of what has ended only what it heard since.
func (l *Log) Begin(snapshot []byte, stream string, end events.Position) (ok bool) {
	if err := l.core.Import(snapshot, stream); err == nil && !l.core.Position().After(end) && len(l.core.Parked()) == 0 {
		return true
	}
	*l = *NewLog(l.cfg)
	return false
}

// Fleet hears a fact of FleetFilter that lies before the snapshot the Log began from.
func (l *Log) Fleet(m service.Message) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		l.Unread++
		return
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	l.foldFleet(e)
	l.foldLetter(e)
}

// Skip passes what is not heard up to a position.
func (l *Log) Skip(to events.Position) { l.core.Skip(to) }
