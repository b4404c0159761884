package service

import (
	"context"
	"encoding/json"
	"fmt"

	"slipway.dev/events"
)

// deliver reads one fact off the log. What nobody here hears is dropped by its
// subject, before any decoding; of the rest data is decoded only if it is folded, here
// or by another participant that is handed the same message.
func (r *runner) deliver(ctx context.Context, m Message) error {
	f := &fact{r: r, ctx: ctx, message: m}
	f.found = r.find(&f.message)
	e := &f.found.event
	kind := anyVersion(e.Kind)
	if kind.Owner != "" && !r.listens(kind.Owner) { // else not even the subject can be read
		r.apply(f)
		return nil
	}
	if err := f.found.why(r.folds(kind)); err != nil {
		if dead := r.bus.Dead(ctx, r.svc.Participant(), m, "unreadable", err.Error()); dead != nil {
			return dead
		}
		f.instead = func() { r.core.Unreadable(*e, err.Error()) }
		r.apply(f)
		return nil
	}
	if r.core.owners[kind.Owner] && !e.Kind.Known() {
		return fmt.Errorf("%s at %s: %w", m.Subject, m.Pos, ErrNewerLog)
	}
	f.heard = true
	if kind.Entity == "letter" {
		if err := r.deliverLetter(ctx, f); err != nil {
			return err
		}
	}
	r.apply(f)
	return nil
}

// deliverLetter adds to a fact that frees a parked event what has been noted since.
func (r *runner) deliverLetter(ctx context.Context, f *fact) error {
	at, frees := r.frees(f.found.event)
	if !frees {
		return nil
	}
	noted, err := r.noted(ctx, at, f.message.Pos)
	if err != nil {
		return err
	}
	messages := []Message{f.message}
	for _, n := range noted {
		messages = append(messages, n.message)
	}
	f.instead = func() {
		r.heard++
		r.copying(ctx, func() { r.core.Freed(f.found.event, noted) }, messages...)
	}
	return nil
}

// find reads a message of the log as far as it is wanted here.
func (r *runner) find(m *Message) *found {
	if m.Once != nil {
		return m.Once.of(m)
	}
	f := &found{}
	if f.locate(m); f.unreadable == nil && r.listens(f.event.Kind.Owner) {
		f.scan(m, r.folds(f.event.Kind))
	}
	return f
}

// listens tells whether anything of an owner is heard; folds, whether a kind is.
func (r *runner) listens(owner string) bool {
	return r.core.HearsOwner(owner) || !r.core.rules(ruleUnread)
}

func (r *runner) folds(k events.Kind) bool { return r.core.Hears(k) || !r.core.rules(ruleUnread) }

// apply lets the loop take a fact.
func (r *runner) apply(f *fact) {
	r.unread.Add(1)
	r.hand(f.ctx, f)
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
