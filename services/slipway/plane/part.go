package plane

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/slipway/fault"
)

// part is one participant of this process.
type part struct {
	name   string
	leased bool // it holds a lease the registry judges, under its name
	blind  bool // it does not read the log
	// run runs it until ctx ends; ready is called once it has caught up.
	run func(ctx context.Context, ready func()) error
	// leave ends it politely before ctx does; nil: nothing to do.
	leave func(ctx context.Context) error
	log   zerolog.Logger
}

// Waits before a participant is started again, and before the bus is tried again:
// doubling, so that an outage costs little.
const (
	againMin = time.Second
	againMax = 30 * time.Second
	steady   = time.Minute // a run as long as this begins anew at againMin
)

// keep runs a participant until ctx ends, starting it again when it ends with an
// error. It returns the error no new start can mend.
func (p part) keep(ctx context.Context, ready func()) error {
	for pause := againMin; ; pause = min(2*pause, againMax) {
		began := time.Now()
		err := p.run(ctx, ready)
		var told *fault.Fault
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &told):
			return told
		case errors.Is(err, service.ErrNewerLog):
			return fault.New("SLW-C008", "%s: %v", p.name, err).Because("something newer has written to the log: start the newer binary again").Try("slipway version")
		case errors.Is(err, service.ErrLogReplaced):
			return fault.New("SLW-C010", "%s: %v", p.name, err)
		}
		if time.Since(began) > steady {
			pause = againMin
		}
		p.log.Error().Err(err).Dur("again", pause).Msg("participant ended")
		if !wait.For(ctx, jitter(pause)) {
			return nil
		}
	}
}

// jitter keeps a fleet that fell together from coming back together.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// dialWait bounds one try to reach the bus.
const dialWait = 2 * time.Second

// reach connects a participant to the bus, as often as it takes.
func reach(ctx context.Context, id bus.Identity) (*bus.Bus, error) {
	for pause := againMin; ; pause = min(2*pause, againMax) {
		b, err := once(ctx, id)
		if err == nil {
			return b, nil
		}
		id.Log.Warn().Err(err).Msg("bus away")
		if !wait.For(ctx, jitter(pause)) {
			return nil, ctx.Err()
		}
	}
}

func once(ctx context.Context, id bus.Identity) (*bus.Bus, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	return bus.Connect(ctx, id)
}
