package doctor

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
)

const (
	// listenMax is the wait for leases, said each second: within it a copy that lives
	// has spoken twice, and one that lags less than two seconds has caught up.
	listenMax = 3 * time.Second
	clockMax  = 250 * time.Millisecond
)

// services that every cluster has.
var wanted = []string{"deployer", "registry"}

// leases is what was heard while listening; a lease from before counts for nothing.
type leases struct {
	heads map[string]uint64 // newest position of each service's copies
	skews []time.Duration   // our clock less the server's, delivery included
}

// hear listens until every wanted service has read up to head, or listenMax is over.
func (l *leases) hear(ctx context.Context, b *bus.Bus, head events.Position) {
	l.heads = map[string]uint64{}
	ctx, enough := context.WithTimeout(ctx, listenMax)
	defer enough()
	fresh := false
	_ = b.Leases(ctx, "slipway.lease.>", service.Reader{ // ends with ctx
		CaughtUp: func() { fresh = true },
		Deliver: func(m service.Message) error {
			if fresh {
				l.note(m)
			}
			if l.caughtUp(head) {
				enough()
			}
			return nil
		},
	})
}

func (l *leases) note(m service.Message) {
	l.skews = append(l.skews, time.Since(m.Stored))
	kind, holder, err := events.ParseLease(m.Subject)
	var body events.LeaseBody
	if err != nil || kind != "service" || json.Unmarshal(m.Body, &body) != nil {
		return
	}
	name, _, _ := strings.Cut(holder[0], "-")
	l.heads[name] = max(l.heads[name], body.Head)
}

func (l *leases) caughtUp(head events.Position) bool {
	for _, name := range wanted {
		if at, heard := l.heads[name]; !heard || at < head.Seq {
			return false
		}
	}
	return true
}

// clock compares with the time the server gave to what it stored: the smallest
// difference is the one with the least delay in it.
func (l *leases) clock() Check {
	if len(l.skews) == 0 {
		return skip("nobody's lease was heard within %s", listenMax)
	}
	least := slices.MinFunc(l.skews, func(a, b time.Duration) int { return int(a.Abs() - b.Abs()) })
	if least.Abs() > clockMax {
		return fail("timedatectl set-ntp true", "this clock differs from the server's by %s, at most %s is well", least.Round(time.Millisecond), clockMax)
	}
	return ok("%s from the server's", least.Round(time.Millisecond))
}

func (l *leases) services(head events.Position) Check {
	for _, name := range wanted {
		switch at, heard := l.heads[name]; {
		case !heard:
			return fail("slipway run "+name, "%s is silent: nothing was heard for %s", name, listenMax)
		case at < head.Seq:
			return fail("slipway events -n 20", "%s has read to %d, the log was at %d %s ago", name, at, head.Seq, listenMax)
		}
	}
	return ok("%s alive, caught up to %d", strings.Join(slices.Sorted(maps.Keys(l.heads)), ", "), head.Seq)
}
