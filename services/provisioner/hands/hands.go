package hands

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/provisioner"
)

// Bus is what the hands touch.
type Bus interface {
	Shapes(ctx context.Context) (map[string]events.StreamShape, error)
	Durables(ctx context.Context) ([]bus.Durable, error)
	Durable(ctx context.Context, name string) (bus.Durable, error)
	MakeDurable(ctx context.Context, d bus.Durable) (bus.Durable, error)
	DropDurable(ctx context.Context, name string) error
}

const (
	listEvery = time.Minute            // an idle consumer is swept by the server, which tells nobody
	againMin  = 200 * time.Millisecond // between two tries while the bus is away
	againMax  = 5 * time.Second
	tryWait   = 20 * time.Second // a list waits for the answers of servers that are away
)

// Hands is the provisioner's driver.
type Hands struct {
	bus Bus
	log zerolog.Logger

	mu     sync.Mutex // held from a look at the server until what was seen is sensed
	sense  func(service.Signal)
	drifts map[string][]string
	look   chan struct{} // asks for a listing
	heard  chan struct{} // closed when somebody listens
}

// New makes hands that touch nothing yet.
func New(b Bus, log zerolog.Logger) *Hands {
	return &Hands{bus: b, log: log, look: make(chan struct{}, 1), heard: make(chan struct{})}
}

// Ensured hears what came of comparing the streams with what is declared: err is nil,
// or holds a *bus.Drift for each stream that is not as declared. Any other error tells
// nothing.
func (h *Hands) Ensured(err error) {
	of, whole := driftsOf(err)
	if !whole {
		return
	}
	h.mu.Lock()
	h.drifts = of
	h.mu.Unlock()
	select {
	case h.look <- struct{}{}:
	default:
	}
}

// driftsOf takes a joined error apart; whole is false if it holds anything else.
func driftsOf(err error) (of map[string][]string, whole bool) {
	of = map[string][]string{}
	if err == nil {
		return of, true
	}
	var drift *bus.Drift
	if all, joined := err.(interface{ Unwrap() []error }); joined {
		for _, one := range all.Unwrap() {
			more, ok := driftsOf(one)
			if !ok {
				return nil, false
			}
			for name, list := range more {
				of[name] = list
			}
		}
		return of, true
	}
	if !errors.As(err, &drift) {
		return nil, false
	}
	of[drift.Stream] = drift.Differences
	return of, true
}

// Watch is service.Driver's: a full listing first, then one a minute and when asked.
func (h *Hands) Watch(ctx context.Context, sense func(service.Signal), ready func()) error {
	h.sense = sense
	close(h.heard)
	if !h.retry(ctx, "list", h.list) {
		return nil
	}
	ready()
	t := time.NewTicker(listEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.look:
		case <-t.C:
		}
		h.retry(ctx, "list", h.list)
	}
}

// list senses everything there is.
func (h *Hands) list(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	shapes, err := h.bus.Shapes(ctx)
	if err != nil {
		return err
	}
	durables, err := h.bus.Durables(ctx)
	if err != nil {
		return err
	}
	var streams provisioner.Streams
	for _, name := range service.Sorted(shapes) {
		streams.All = append(streams.All, provisioner.Listed{Name: name, Shape: shapes[name]})
	}
	var list provisioner.Durables
	for _, d := range durables {
		list.All = append(list.All, standing(d))
	}
	h.sense(service.Signal{Data: streams})
	h.sense(service.Signal{Data: list})
	if h.drifts != nil {
		h.sense(service.Signal{Data: provisioner.Drifts{Of: h.drifts}})
	}
	return nil
}

func standing(d bus.Durable) provisioner.Durable {
	return provisioner.Durable{Name: d.Name, Filters: slices.Clone(d.Filters), Wish: d.Wish, From: d.From}
}

// retry tries until it is done or ctx ends; it tells whether it was done.
func (h *Hands) retry(ctx context.Context, what string, try func(context.Context) error) bool {
	for wait := againMin; ; wait = min(2*wait, againMax) {
		one, cancel := context.WithTimeout(ctx, tryWait)
		err := try(one)
		cancel()
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			h.log.Warn().Err(err).Msg(what)
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return false
		case <-t.C:
		}
	}
}
