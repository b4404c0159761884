package plane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/slipway/version"
)

// host is what the participants of this process share.
type host struct {
	data  string
	reach bus.Identity // whose name each participant replaces by its own
	log   zerolog.Logger
	beats *beats
	drill bool // node and gateway here fail on purpose when they are asked to
	alone bool // one participant is all there is in this process

	convoy *bus.Convoy // of those who start together; nil: each reads by itself
}

func (h *host) logger(name string) zerolog.Logger {
	return h.log.With().Str("participant", name).Logger()
}

// connect connects as a participant.
func (h *host) connect(ctx context.Context, name string) (line, error) {
	id := h.reach
	id.Name, id.Log = name, h.logger(name)
	b, err := reach(ctx, id)
	return line{b, id.Log}, err
}

// body is what a copy's lease tells beside its position.
func body() events.LeaseBody {
	return events.LeaseBody{Pid: os.Getpid(), Version: version.Number}
}

// copyName names this process among the copies of a service.
func copyName() string { return hostname() + "-" + strconv.Itoa(os.Getpid()) }

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "host"
	}
	return name
}

// options are those every participant runs with.
func (h *host) options(name string, ready func()) service.Options {
	return service.Options{
		Copy: copyName(), Body: body(), Logger: h.logger(name), Ready: ready,
		Applied: func(at events.Position) { h.beats.beat(name, at) },
	}
}

// drive runs a service from its snapshot until ctx ends, and keeps a new one then.
func (h *host) drive(ctx context.Context, svc service.Service, b line, opt service.Options, k keeper) error {
	stream, err := streamOf(ctx, b.Bus)
	if err != nil {
		return err
	}
	if file, is := k.(fileKeeper); is {
		if err := serves(ctx, b.Bus, svc.Participant(), filepath.Dir(string(file))); err != nil {
			return err
		}
	}
	opt.Stream = stream
	if err := b.followLevel(ctx); err != nil {
		return err
	}
	if opt.Start, err = k.load(ctx); err != nil {
		opt.Logger.Debug().Err(err).Msg("no snapshot")
		opt.Start = nil
	}
	s := newSaver(k, opt.Logger)
	opt.Save = s.offer
	defer s.close()
	if err := service.Run(ctx, svc, h.together(b), opt); err != nil {
		return fmt.Errorf("run %s: %w", svc.Participant(), err)
	}
	return nil
}

// together is a participant's bus, on which it reads with the others.
func (h *host) together(b line) service.Bus {
	if h.convoy == nil {
		return b
	}
	return convoyed{b, h.convoy}
}

// streamOf is the identity of the log: a snapshot of another one is void. It waits
// until there is a log and its cluster is founded: nobody speaks before that.
func streamOf(ctx context.Context, b *bus.Bus) (string, error) {
	for pause := logWait; ; pause = min(2*pause, againMax) {
		info, err := b.Info(ctx)
		if err == nil && info.Last.Seq > 0 {
			return identity(info), nil
		}
		if !wait.For(ctx, jitter(pause)) {
			return "", errors.Join(err, ctx.Err())
		}
	}
}

// identity is the era of a log and when its stream was created.
func identity(info bus.Info) string {
	return fmt.Sprintf("%d %s", info.Era, info.Created.UTC().Format(time.RFC3339Nano))
}

const logWait = 100 * time.Millisecond // a log is made within a second of its server
