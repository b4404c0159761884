package plane

import (
	"context"
	"strings"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/version"
)

// line is a participant's bus as the loop wants it.
type line struct {
	*bus.Bus
	log zerolog.Logger
}

var _ service.Bus = line{}

// convoyed is the bus of a participant that starts together with others.
type convoyed struct {
	line
	convoy *bus.Convoy
}

// Read reads the log, in the convoy as far as that goes.
func (l convoyed) Read(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	return l.convoy.Read(ctx, l.Bus, after, filters, r)
}

// Lease says that a holder is alive. One that does not get out is followed by the
// next, so it is no news.
func (l line) Lease(subject string, body events.LeaseBody) {
	if err := l.Bus.Lease(subject, body); err != nil {
		l.log.Debug().Err(err).Msg("lease")
	}
}

// Leases delivers the leases that match any of the filters.
func (l line) Leases(ctx context.Context, filters []string, r service.Reader) error {
	if len(filters) == 1 {
		return l.Bus.Leases(ctx, filters[0], r)
	}
	all := r
	all.Deliver = func(m service.Message) error {
		for _, f := range filters {
			if matches(f, m.Subject) {
				return r.Deliver(m)
			}
		}
		return nil
	}
	return l.Bus.Leases(ctx, "", all)
}

// Dead keeps what could not be read.
func (l line) Dead(ctx context.Context, participant string, m service.Message, verdict, reason string) error {
	kind, app, _, _ := events.ParseSubject(m.Subject)
	return l.Bus.PutDead(ctx, bus.Letter{
		Participant: participant, App: app, Entity: kind.Entity, Verdict: verdict, Reason: reason,
		Version: version.Number, Message: m,
	})
}

// matches tells whether a subject lies under a filter.
func matches(filter, subject string) bool {
	want, have := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, w := range want {
		switch {
		case w == ">":
			return len(have) > i
		case i >= len(have) || w != "*" && w != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}
