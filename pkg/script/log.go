package script

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Log is SLIPWAY_EVENTS in memory, with the semantics of Append. One goroutine owns
// it. The zero Log is empty.
type Log struct{ stored []events.Event }

// Events are all that was said, in order; read-only to callers.
func (l *Log) Events() []events.Event { return l.stored }

// Tail is the sequence and the ordinal of the last event under a guard.
func (l *Log) Tail(guard string) (seq, ordinal uint64) {
	for _, e := range slices.Backward(l.stored) {
		if e.Guard() == guard {
			return e.Pos.Seq, e.Ordinal
		}
	}
	return 0, 0
}

// Append says a decision, as service.Log has it: all of it, or ErrConflict, or
// Already where every event of it is stored.
func (l *Log) Append(_ context.Context, guard string, expected uint64, es []events.Event) (service.Result, error) {
	seq, ordinal := l.Tail(guard)
	if seq != expected {
		if r, ok := l.already(es); ok {
			return r, nil
		}
		return service.Result{}, &service.ErrConflict{Guard: guard, Seen: seq}
	}
	var told []events.Event
	for i, e := range es {
		if e.Guard() != guard || e.Ordinal != ordinal+uint64(i)+1 || e.ID != events.ID(guard, e.Ordinal) {
			return service.Result{}, &service.ErrRejected{Why: fmt.Sprintf("%s ordinal %d under %s", e.Kind.Name(), e.Ordinal, guard)}
		}
		read, err := carried(e)
		if err != nil {
			return service.Result{}, &service.ErrRejected{Why: err.Error()}
		}
		read.Pos, read.Stored = l.next(len(told)), e.Time
		told = append(told, read)
	}
	if len(told) == 0 {
		return service.Result{}, &service.ErrRejected{Why: "nothing to say"}
	}
	l.stored = append(l.stored, told...)
	return service.Result{First: told[0].Pos, Last: told[len(told)-1].Pos, Stored: len(told)}, nil
}

func (l *Log) next(ahead int) events.Position {
	return events.Position{Era: 1, Seq: uint64(len(l.stored)+ahead) + 1}
}

// already finds a decision that was stored before, by id and content.
func (l *Log) already(es []events.Event) (r service.Result, ok bool) {
	for i, e := range es {
		at := slices.IndexFunc(l.stored, func(s events.Event) bool { return s.ID == e.ID })
		if at < 0 {
			return r, false
		}
		read, err := carried(e)
		if err != nil || !reflect.DeepEqual(read.Data, l.stored[at].Data) {
			return r, false
		}
		if r.Last = l.stored[at].Pos; i == 0 {
			r.First = r.Last
		}
	}
	r.Already = true
	return r, len(es) > 0
}

// cut is a copy of the log with the first events of a decision said after it.
func (l *Log) cut(a service.Append, said int) (*Log, error) {
	c := &Log{stored: slices.Clone(l.stored)}
	if said == 0 {
		return c, nil
	}
	_, err := c.Append(context.Background(), a.Guard, a.Expected, a.Events[:said])
	return c, err
}

// carried is an event as it comes back: its data have been bytes in between, and its
// envelope agrees with them.
func carried(e events.Event) (events.Event, error) {
	row, ok := events.Find(e.Kind)
	if !ok {
		return e, fmt.Errorf("%s is not in the catalogue", e.Kind.Name())
	}
	b, err := json.Marshal(e.Data)
	if err != nil {
		return e, err
	}
	v := reflect.New(row.Type)
	if err := json.Unmarshal(b, v.Interface()); err != nil {
		return e, err
	}
	e.Data, e.Raw = v.Elem().Interface().(events.Payload), b
	return e, e.Agree()
}
