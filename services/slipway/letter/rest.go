package letter

import (
	"context"
	"errors"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/slipway/view"
)

// fetch reads from the log what was never put with the dead letters: what could be read
// and not folded.
func (l *Letters) fetch(ctx context.Context, b *bus.Bus) error {
	for i := range l.All {
		x := &l.All[i]
		at, err := events.ParsePosition(x.Position)
		if x.Seq != 0 || err != nil {
			continue
		}
		before := events.Position{Era: at.Era, Seq: at.Seq - 1}
		err = b.Fetch(ctx, events.Filter("", "", "", "", ""), before, at, func(m service.Message) error {
			x.Subject, x.Body, x.Bytes = m.Subject, m.Body, len(m.Body)
			if kind, app, _, err := events.ParseSubject(m.Subject); err == nil {
				x.App, x.Entity = app, kind.Entity
			}
			return nil
		})
		if err != nil && !errors.Is(err, service.ErrLogReplaced) { // one of an earlier era cannot be read any more
			return err
		}
	}
	return nil
}

// leave marks the letters of those who are not there: nothing stands still over them.
func (l *Letters) leave(ctx context.Context, b *bus.Bus) error {
	var fleet *view.Log
	for i, x := range l.All {
		if x.State != Parked || x.Service() == x.Participant {
			continue
		}
		if fleet == nil {
			fleet = view.NewLog(deployer.Config{})
			hear := func(m service.Message) error { fleet.Fleet(m); return nil }
			if err := b.Fetch(ctx, view.FleetFilter, events.Position{}, events.Position{}, hear); err != nil {
				return err
			}
		}
		if fleet.Away(x.Participant) {
			l.All[i].State = Gone
		}
	}
	return nil
}
