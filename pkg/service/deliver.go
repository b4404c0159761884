package service

import (
	"context"
	"encoding/json"
	"fmt"

	"slipway.dev/events"
)

// deliver reads one fact off the log. What nobody here hears is dropped by its
// subject, before any decoding; of the rest data is decoded only if it is folded.
func (r *runner) deliver(ctx context.Context, m Message) error {
	kind, app, place, err := events.ParseSubject(m.Subject)
	if err == nil && !r.core.HearsOwner(kind.Owner) && r.core.rules(ruleUnread) {
		r.apply(ctx, m, func() { r.core.Skip(m.Pos) })
		return nil
	}
	e, err := r.scan(m, events.Event{Kind: kind, App: app, Place: place}, err)
	if err != nil {
		if dead := r.bus.Dead(ctx, r.svc.Participant(), m, "unreadable", err.Error()); dead != nil {
			return dead
		}
		r.apply(ctx, m, func() { r.core.Unreadable(e, err.Error()) })
		return nil
	}
	if r.core.owners[kind.Owner] && !e.Kind.Known() {
		return fmt.Errorf("%s at %s: %w", m.Subject, m.Pos, ErrNewerLog)
	}
	hear, messages := func() { r.core.Hear(e) }, []Message{m}
	if at, frees := r.frees(e); frees {
		noted, err := r.noted(ctx, at, m.Pos)
		if err != nil {
			return err
		}
		hear = func() { r.core.Freed(e, noted) }
		for _, n := range noted {
			messages = append(messages, n.message)
		}
	}
	r.apply(ctx, m, func() {
		r.heard++
		r.copying(ctx, hear, messages...)
	})
	return nil
}

// scan reads a message of the log whose subject has told what e holds, or not.
func (r *runner) scan(m Message, e events.Event, err error) (events.Event, error) {
	if err == nil {
		var read events.Event
		if read, err = m.parse(); err == nil {
			kind := e.Kind
			if e = read; r.core.Hears(kind) || !r.core.rules(ruleUnread) {
				err = m.decode(&e)
			}
		}
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	return e, err
}

// apply lets the loop take a message. How far behind it is tells when it gets there,
// not when the message was read: more may wait by then.
func (r *runner) apply(ctx context.Context, m Message, f func()) {
	r.unread.Add(1)
	r.give(ctx, func() {
		f()
		behind := max(uint64(r.unread.Add(-1)), m.Pending)
		r.core.SetBehind(behind > 0 && r.opt.Now().Sub(m.Stored) > events.MaxBehind)
		if r.opt.Behind != nil {
			r.opt.Behind(behind)
		}
	})
}

// wish reads a wish. Where it asks to read an event again, it is read, so that the
// voice can tell what came of it.
func (r *runner) wish(ctx context.Context, m Message) (Signal, error) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		return Signal{}, err
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	s := Signal{Wish: &e}
	if w, ok := e.Data.(events.WishRequeueRequested); ok && w.Participant == r.svc.Participant() {
		s.Data = r.again(ctx, w.Position)
	}
	return s, nil
}

// lease reads a lease. A malformed body still counts as heard.
func (r *runner) lease(m Message) (Signal, error) {
	kind, names, err := events.ParseLease(m.Subject)
	if err != nil {
		return Signal{}, err
	}
	h := Heard{Kind: kind, Holder: names[len(names)-1]}
	if len(names) == 2 {
		h.App = names[0]
	}
	if err := json.Unmarshal(m.Body, &h.Body); err != nil {
		h.Body = events.LeaseBody{}
	}
	return Signal{Data: h}, nil
}
