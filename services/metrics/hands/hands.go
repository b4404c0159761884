package hands

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/ship"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/metrics"
	"slipway.dev/services/metrics/window"
)

// Bus is what the hands touch.
type Bus interface {
	ship.Bus
	Telemetry(ctx context.Context, filter string, since time.Time, follow bool, fn func(events.Telemetry) error) error
}

const (
	// recalled is how long before a start is read back: until every series has been
	// told, and as long again, so that a copy that comes back soon leaves no hole.
	recalled = 2 * window.Whole * time.Second
	// settled is when the time around the start is read again: what was said between
	// the reading back and the first that is heard.
	settled = 2 * time.Second
	again   = 500 * time.Millisecond // before the bus is tried again
)

// Hands is metrics' driver.
type Hands struct {
	bus Bus
	log zerolog.Logger
	now func() time.Time

	heard chan struct{} // closed when somebody listens
	sense func(service.Signal)
	lost  metrics.Lost // as logged last; acts come one after another
}

// New makes hands that touch nothing yet.
func New(b Bus, log zerolog.Logger) *Hands {
	return &Hands{bus: b, log: log, now: time.Now, heard: make(chan struct{})}
}

// Watch is service.Driver's: first what the stream has kept, then nothing more, since
// the loop hears the rest by itself.
func (h *Hands) Watch(ctx context.Context, sense func(service.Signal), ready func()) error {
	began := h.now()
	h.sense = sense
	close(h.heard)
	h.recall(ctx, began.Add(-recalled))
	ready()
	if wait.For(ctx, settled) {
		h.recall(ctx, began.Add(-time.Second))
	}
	<-ctx.Done()
	return nil
}

// recall senses what the stream has kept since a time: the windows first, so that none
// is closed again.
func (h *Hands) recall(ctx context.Context, since time.Time) {
	for _, filter := range append([]string{metrics.Windows}, metrics.Samples...) {
		for ctx.Err() == nil {
			err := h.bus.Telemetry(ctx, filter, since, false, h.told)
			if err == nil {
				break
			}
			h.log.Warn().Err(err).Msg("read back")
			wait.For(ctx, again)
		}
	}
}

// told senses one message; what cannot be read tells nothing.
func (h *Hands) told(t events.Telemetry) error {
	data, err := t.Decode()
	if err != nil {
		return nil
	}
	switch d := data.(type) {
	case events.Samples:
		h.sense(service.Signal{Data: metrics.Told{Source: t.Source, Samples: d}})
	case events.Load:
		h.sense(service.Signal{Data: metrics.Stored{Window: d}})
	}
	return nil
}

// Do is service.Driver's.
func (h *Hands) Do(ctx context.Context, a service.Act) {
	select {
	case <-h.heard:
	case <-ctx.Done():
		return
	}
	p, ok := a.Data.(metrics.Publish)
	if !ok {
		return
	}
	if p.Lost != h.lost {
		h.lost = p.Lost
		h.log.Warn().Uint64("late", p.Lost.Late).Uint64("refused", p.Lost.Refused).Int("dropped", p.Lost.Dropped).Msg("in no window")
	}
	if h.publish(ctx, p.Windows) {
		h.sense(service.Signal{Data: metrics.Published{Act: a.ID}})
	}
}

// publish has the stream keep windows; false if ctx ended first.
func (h *Hands) publish(ctx context.Context, windows []events.Load) bool {
	q := &queue{windows: windows, now: h.now}
	poked := &poking{h.bus, make(chan struct{}, 1)}
	s := ship.New(q)
	s.Use(poked)
	for s.Ship(); !q.empty() || !s.Idle(); s.Ship() {
		t := time.NewTimer(again)
		select {
		case <-ctx.Done():
			t.Stop()
			return false
		case <-poked.answered:
			t.Stop()
		case <-t.C:
		}
	}
	if n := s.Refused(); n > 0 {
		h.log.Warn().Uint64("windows", n).Msg("refused by the stream")
	}
	return true
}

// poking tells of each answer.
type poking struct {
	ship.Bus
	answered chan struct{}
}

// Hearsay is ship.Bus's.
func (p *poking) Hearsay(subject, id string, body []byte, done func(ship.Outcome)) bool {
	return p.Bus.Hearsay(subject, id, body, func(o ship.Outcome) {
		done(o)
		select {
		case p.answered <- struct{}{}:
		default:
		}
	})
}

// queue gives windows as messages.
type queue struct {
	now func() time.Time

	mu      sync.Mutex
	windows []events.Load
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.windows) == 0
}

// Next is ship.Source's.
func (q *queue) Next() (subject, id string, body []byte, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.windows) > 0 {
		l := q.windows[0]
		q.windows = q.windows[1:]
		if body, err := encode(l, q.now()); err == nil { // plain structs: an error cannot be
			return events.LoadSubject(l.App), metrics.ID(l), body, true
		}
	}
	return "", "", nil, false
}

func encode(l events.Load, now time.Time) ([]byte, error) {
	data, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode window: %w", err)
	}
	return events.EncodeTelemetry(events.Telemetry{
		ID: metrics.ID(l), Source: events.Source(metrics.Owner, ""), Type: events.TypeLoad,
		Subject: fmt.Sprintf("%s/%d", l.App, l.Release), Time: now, Data: data,
	})
}
