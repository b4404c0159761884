package cli

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/view"
)

// rollCall hears the leases of services until each tells that it has read to head.
type rollCall struct {
	head  uint64
	times bus.LeaseTimes
	local func() time.Time
	beats map[string]view.Beat // the last of each copy, by subject
	ahead time.Duration        // at least so far is the server's clock before ours
	any   bool                 // something was heard, so ahead means something
	kept  map[string]bool      // by service and copy: those of whom only what the bus kept was heard: they may be gone
	all   bool                 // all that the bus kept has been heard
}

func newRollCall(head uint64, times bus.LeaseTimes, local func() time.Time) *rollCall {
	return &rollCall{head: head, times: times, local: local, beats: map[string]view.Beat{}, kept: map[string]bool{}}
}

// listenMax is longer than a silence that counts: who is alive speaks within it.
func (r *rollCall) listenMax() time.Duration { return r.times.TTL + r.times.Every/2 }

// hear listens until everybody is ready or whoever is silent has been so for long
// enough to tell.
func (r *rollCall) hear(ctx context.Context, s *session) error {
	listening, enough := context.WithTimeoutCause(ctx, r.listenMax(), errSilent)
	defer enough()
	f := follow(listening, func(ctx context.Context, _ events.Position, _ []string, to service.Reader) error {
		return s.bus.Leases(ctx, leasesOf("service"), to)
	}, events.Position{}, nil)
	for !r.all || !r.answered() {
		i, err := f.next(listening)
		switch {
		case errors.Is(context.Cause(listening), errSilent) && ctx.Err() == nil:
			return nil
		case err != nil:
			return err
		case i.caughtUp:
			r.all = true
		default:
			r.note(i.message)
		}
	}
	return nil
}

// errSilent is the cause of a listening that heard not everybody.
var errSilent = errors.New("somebody is silent")

// note keeps a lease; one that is malformed still counts as heard.
func (r *rollCall) note(m service.Message) {
	b, ok := view.BeatOf(m.Subject)
	if !ok {
		return
	}
	_ = json.Unmarshal(m.Body, &b.Body)
	b.Stored = m.Stored
	r.beats[m.Subject], r.kept[b.Service+" "+b.Copy] = b, !r.all
	if ahead := m.Stored.Sub(r.local()); !r.any || ahead > r.ahead {
		r.ahead, r.any = ahead, true
	}
}

// now is the server's time, or somewhat earlier: a lease was stored before it came.
func (r *rollCall) now() time.Time { return r.local().Add(r.ahead) }

// answered tells whether every service and every copy not yet silent is ready, by what
// it said since we listen.
func (r *rollCall) answered() bool {
	for _, svc := range copied() {
		x := r.of(svc)
		if x.State != view.Ready {
			return false
		}
		for _, c := range x.Copies {
			if c.State != view.Silent && (c.State != view.Ready || r.kept[svc.Name+" "+c.ID]) {
				return false
			}
		}
	}
	return true
}

// of is how a service stands by what was heard.
func (r *rollCall) of(svc service.Service) view.Service {
	var beats []view.Beat
	for _, b := range r.beats {
		beats = append(beats, b)
	}
	return view.ServiceOf(svc, beats, r.head, r.now(), r.times.TTL)
}
