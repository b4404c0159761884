package cli

import (
	"context"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// feed is the log as it comes in: what is stored, then what is said.
type feed struct {
	items chan arrival
	end   chan error

	late func() // called once if the first item is long in coming; nil: not
}

// arrival is a message of the log, or the news that all that was stored has come.
type arrival struct {
	message  service.Message
	caughtUp bool
}

// feedMax messages wait; more, and the reader waits.
const feedMax = 1024

// reader reads a stream for ever; bus.Read is one.
type reader func(ctx context.Context, after events.Position, filters []string, r service.Reader) error

// follow reads from a position on until ctx ends.
func follow(ctx context.Context, read reader, after events.Position, filters []string) *feed {
	f := &feed{items: make(chan arrival, feedMax), end: make(chan error, 1)}
	put := func(i arrival) error {
		select {
		case f.items <- i:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() {
		f.end <- read(ctx, after, filters, service.Reader{
			Deliver:  func(m service.Message) error { return put(arrival{message: m}) },
			CaughtUp: func() { _ = put(arrival{caughtUp: true}) },
		})
	}()
	return f
}

// next waits for an item.
func (f *feed) next(ctx context.Context) (arrival, error) {
	select {
	case i := <-f.items:
		return i, nil
	default:
	}
	tell, late := f.late, time.NewTimer(leaderWait)
	defer late.Stop()
	for f.late = nil; ; {
		select {
		case i := <-f.items:
			return i, nil
		case err := <-f.end:
			f.end <- err
			return arrival{}, err
		case <-ctx.Done():
			return arrival{}, context.Cause(ctx)
		case <-late.C:
			if tell != nil {
				tell()
			}
		}
	}
}
