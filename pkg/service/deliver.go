package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"slipway.dev/events"
)

// deliver reads one fact off the log. What nobody here hears is dropped by its
// subject, before any decoding; of the rest data is decoded only if it is folded.
func (r *runner) deliver(ctx context.Context, m Message) error {
	behind := m.Pending > 0 && r.opt.Now().Sub(m.Stored) > events.MaxBehind
	kind, app, place, err := events.ParseSubject(m.Subject)
	if err == nil && !r.core.HearsOwner(kind.Owner) {
		r.give(ctx, func() { r.core.Skip(m.Pos); r.core.SetBehind(behind) })
		return nil
	}
	var e events.Event
	if err == nil {
		e, err = events.Parse(m.Subject, m.Header, m.Body)
	}
	if err == nil && r.core.Hears(kind) {
		err = e.Decode()
	}
	if err != nil {
		if dead := r.bus.Dead(ctx, r.svc.Participant(), m, "unreadable", err.Error()); dead != nil {
			return dead
		}
		r.give(ctx, func() { r.core.Unreadable(kind, app, place, m.Pos, err.Error()) })
		return nil
	}
	if r.core.owners[kind.Owner] && !kind.Known() {
		return fmt.Errorf("%s at %s: %w", m.Subject, m.Pos, ErrNewerLog)
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	r.give(ctx, func() {
		r.heard++
		r.core.Hear(e)
		r.core.SetBehind(behind)
	})
	return nil
}

// wish reads a wish.
func (r *runner) wish(m Message) (Signal, error) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		return Signal{}, err
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	return Signal{Wish: &e}, nil
}

// lease reads a lease. A malformed body still counts as heard.
func (r *runner) lease(m Message) (Signal, error) {
	kind, holder, _ := strings.Cut(strings.TrimPrefix(m.Subject, "slipway.lease."), ".")
	h := Heard{Kind: kind, Holder: holder}
	if err := json.Unmarshal(m.Body, &h.Body); err != nil {
		h.Body = events.LeaseBody{}
	}
	return Signal{Data: h}, nil
}
