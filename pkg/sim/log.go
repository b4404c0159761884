package sim

import (
	"bytes"
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Era of the simulated log: it lives once.
const era = 1

// Log is SLIPWAY_EVENTS in memory, with Append's semantics. Events pass the codec on
// their way in, as they do on the wire.
type Log struct {
	events []events.Event
	bodies [][]byte
	tails  map[string]uint64 // guard -> sequence
	ids    map[string]uint64 // id -> sequence
}

// NewLog is an empty log.
func NewLog() *Log { return &Log{tails: map[string]uint64{}, ids: map[string]uint64{}} }

// Len is the sequence of the last event.
func (l *Log) Len() uint64 { return uint64(len(l.events)) }

// At is the event with a sequence, from 1.
func (l *Log) At(seq uint64) events.Event { return l.events[seq-1] }

// Bytes is the whole log, one body a line: equal runs give equal bytes.
func (l *Log) Bytes() []byte { return bytes.Join(l.bodies, []byte("\n")) }

// Append stores the events of a decision one by one, each guarded by its
// predecessor. Of a decision said before nothing is stored twice; a guard that moved
// refuses the rest.
func (l *Log) Append(guard string, expected uint64, es []events.Event, now time.Time) (service.Result, error) {
	var r service.Result
	for i, e := range es {
		body, err := events.Encode(e)
		if err != nil {
			return r, &service.ErrRejected{Why: err.Error()}
		}
		if seq, known := l.ids[e.ID]; known && bytes.Equal(l.bodies[seq-1], body) {
			r = reach(r, seq, i)
			expected, r.Already = seq, r.Stored == 0
			continue
		}
		if l.tails[guard] != expected {
			return r, &service.ErrConflict{Guard: guard, Seen: l.tails[guard]}
		}
		if err := l.store(guard, e, body, now); err != nil {
			return r, err
		}
		expected = l.Len()
		r = reach(r, expected, i)
		r.Stored++
		r.Already = false
	}
	return r, nil
}

func reach(r service.Result, seq uint64, i int) service.Result {
	p := events.Position{Era: era, Seq: seq}
	if i == 0 {
		r.First = p
	}
	r.Last = p
	return r
}

func (l *Log) store(guard string, e events.Event, body []byte, now time.Time) error {
	if e.Guard() != guard {
		return &service.ErrRejected{Why: fmt.Sprintf("%s is not under %s", e.StreamSubject(), guard)}
	}
	read, err := events.Parse(e.StreamSubject(), nil, body)
	if err == nil {
		err = read.Decode()
	}
	if err != nil {
		return &service.ErrRejected{Why: err.Error()}
	}
	read.Pos, read.Stored = events.Position{Era: era, Seq: l.Len() + 1}, now
	l.events, l.bodies = append(l.events, read), append(l.bodies, body)
	l.tails[guard], l.ids[e.ID] = l.Len(), l.Len()
	return nil
}
