package sim

import (
	"bytes"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Era of the simulated log: it lives once.
const era = 1

// Log is SLIPWAY_EVENTS in memory, with Append's semantics. Events pass the codec on
// their way in, as they do on the wire. One goroutine owns it; Bus shares one.
type Log struct {
	events []events.Event
	bodies [][]byte
	under  map[string][]uint64 // sequences under each guard
	ids    map[string]uint64   // id -> sequence

	crowded   bool // only what is essential is said
	perEntity bool // test: guards count per entity, the harm of which it shows
}

// NewLog is an empty log.
func NewLog() *Log { return &Log{under: map[string][]uint64{}, ids: map[string]uint64{}} }

// Len is the sequence of the last event.
func (l *Log) Len() uint64 { return uint64(len(l.events)) }

// At is the event with a sequence, from 1.
func (l *Log) At(seq uint64) events.Event { return l.events[seq-1] }

// Bytes is the whole log, one body a line: equal runs give equal bytes.
func (l *Log) Bytes() []byte { return bytes.Join(l.bodies, []byte("\n")) }

// Tail is the sequence of the last event under a guard, 0 for none.
func (l *Log) Tail(guard string) uint64 {
	if s := l.under[guard]; len(s) > 0 {
		return s[len(s)-1]
	}
	return 0
}

// Append says a decision, as service.Log has it: up to events.MaxChain events one by
// one, each guarded by its predecessor, more all at once. Of a decision said before
// nothing is stored twice; a guard that moved refuses the rest.
func (l *Log) Append(guard string, expected uint64, es []events.Event, now time.Time) (service.Result, error) {
	w, err := l.begin(guard, expected, es)
	for err == nil && len(w.left) > 0 {
		err = w.step(now)
	}
	return w.result(), err
}

// store puts one event at the end.
func (l *Log) store(guard string, d draft, now time.Time) {
	e := d.read
	e.Pos, e.Stored = events.Position{Era: era, Seq: l.Len() + 1}, now
	l.events, l.bodies = append(l.events, e), append(l.bodies, d.body)
	l.under[guard], l.ids[e.ID] = append(l.under[guard], e.Pos.Seq), e.Pos.Seq
}

// moved tells whether somebody has spoken under a guard since a sequence.
func (l *Log) moved(guard string, since uint64, next events.Event) bool {
	if !l.perEntity {
		return l.Tail(guard) != since
	}
	for _, seq := range l.under[guard] {
		if seq > since && l.At(seq).Kind.Entity == next.Kind.Entity {
			return true
		}
	}
	return false
}
