package service

import (
	"context"
	"errors"
	"slices"

	"slipway.dev/events"
)

// errEnough ends a reader that has what it wanted.
var errEnough = errors.New("read enough")

// frees tells whether a fact frees a parked event: the participant's own, or a drop by
// another one of the same service.
func (r *runner) frees(e events.Event) (at string, ok bool) {
	if !settles(r.svc, e) && (e.Kind.Owner != ownerOf(r.svc) || e.Place != r.svc.Place) {
		return "", false
	}
	at, _, ok = freeing(e)
	return at, ok
}

// noted reads again what the log holds under the guards an event parked, up to the
// fact that frees them; nothing if none stands still because of it.
func (r *runner) noted(ctx context.Context, at string, upTo events.Position) (all []Reread, err error) {
	from, err := events.ParsePosition(at)
	if err != nil {
		return nil, nil // names no event: nothing stands still because of it
	}
	answer := make(chan []string, 1)
	r.give(ctx, func() { answer <- r.core.ParkedAt(at) })
	var guards []string
	select {
	case guards = <-answer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if len(guards) == 0 {
		return nil, nil
	}
	err = r.bus.Read(ctx, before(from), r.filters(), Reader{Deliver: func(m Message) error {
		if n := r.reread(m); slices.Contains(guards, n.Event.Guard()) {
			all = append(all, n)
		}
		if m.Pos.After(upTo) || m.Pos == upTo {
			return errEnough
		}
		return nil
	}})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, err
}

// again reads the event a wish wants to be read again.
func (r *runner) again(ctx context.Context, position string) Reread {
	at, err := events.ParsePosition(position)
	if err != nil {
		return Reread{Why: err.Error()}
	}
	found := Reread{Why: "the log holds no event at " + position}
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	err = r.bus.Read(ctx, before(at), r.filters(), Reader{CaughtUp: enough, Deliver: func(m Message) error {
		if m.Pos == at {
			found = r.reread(m)
		}
		return errEnough
	}})
	if !errors.Is(err, errEnough) && !errors.Is(err, context.Canceled) {
		found.Why = err.Error()
	}
	return found
}

func (r *runner) reread(m Message) Reread {
	f := &found{}
	if f.locate(&m); f.unreadable == nil {
		f.scan(&m, r.folds(f.event.Kind))
	}
	if err := f.why(true); err != nil {
		return Reread{Event: f.event, Why: err.Error(), message: m}
	}
	return Reread{Event: f.event, message: m}
}

// before is the position a reader is told to begin after.
func before(p events.Position) events.Position {
	if p.Seq <= 1 {
		return events.Position{}
	}
	return events.Position{Era: p.Era, Seq: p.Seq - 1}
}
