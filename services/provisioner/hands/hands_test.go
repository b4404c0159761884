package hands

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/provisioner"
)

// server is a bus with one stream and some durables.
type server struct {
	mu       sync.Mutex
	durables map[string]bus.Durable
	away     int   // answers that are lost yet
	no       error // what it says to a new durable
}

func (s *server) answer() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away > 0 {
		s.away--
		return errors.New("away")
	}
	return nil
}

func (s *server) Shapes(context.Context) (map[string]events.StreamShape, error) {
	return map[string]events.StreamShape{"SLIPWAY_EVENTS": {MaxBytes: 7}}, s.answer()
}

func (s *server) Durables(context.Context) (all []bus.Durable, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range service.Sorted(s.durables) {
		all = append(all, s.durables[name])
	}
	return all, nil
}

func (s *server) Durable(_ context.Context, name string) (bus.Durable, error) {
	if err := s.answer(); err != nil {
		return bus.Durable{}, err
	}
	d, ok := s.durables[name]
	if !ok {
		return d, fmt.Errorf("%w: %s", bus.ErrNoDurable, name)
	}
	return d, nil
}

func (s *server) MakeDurable(_ context.Context, d bus.Durable) (bus.Durable, error) {
	if err := s.answer(); err != nil {
		return bus.Durable{}, err
	}
	d.From = "1:5"
	s.durables[d.Name] = d
	return d, s.no
}

func (s *server) DropDurable(_ context.Context, name string) error {
	delete(s.durables, name)
	return s.answer()
}

// rig is hands that somebody listens to.
type rig struct {
	*Hands
	server *server
	heard  chan any
}

// listening starts hands in fake time, after their first listing.
func listening(t *testing.T, s *server) *rig {
	r := &rig{New(s, zerolog.Nop()), s, make(chan any, 100)}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- r.Watch(ctx, func(sig service.Signal) { r.heard <- sig.Data }, func() { r.heard <- "ready" })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return r
}

// hears waits until these were sensed, in this order.
func (r *rig) hears(t *testing.T, want ...any) {
	t.Helper()
	for _, w := range want {
		if got := <-r.heard; !reflect.DeepEqual(got, w) {
			t.Fatalf("sensed %#v, want %#v", got, w)
		}
	}
}

var (
	streams = provisioner.Streams{All: []provisioner.Listed{{Name: "SLIPWAY_EVENTS", Shape: events.StreamShape{MaxBytes: 7}}}}
	stands  = provisioner.Durable{Name: "mybot", Filters: []string{"slipway.event.>"}, Wish: "1:1", From: "1:5"}
	wanted  = provisioner.Make{Name: "mybot", Filters: stands.Filters, Wish: "1:1"}
)

func TestTheFirstListingIsWholeThoughTheBusIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := listening(t, &server{durables: map[string]bus.Durable{}, away: 3})
		r.hears(t, streams, provisioner.Durables{}, "ready")
		began := time.Now()
		r.hears(t, streams, provisioner.Durables{})
		if d := time.Since(began); d > listEvery {
			t.Errorf("listed again after %s", d)
		}
	})
}

func TestAnActIsTriedUntilItIsDoneAndThenSensed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := listening(t, &server{durables: map[string]bus.Durable{}})
		r.hears(t, streams, provisioner.Durables{}, "ready")
		r.server.away = 2
		r.Do(t.Context(), service.Act{ID: "make/1:1", Data: wanted})
		r.hears(t, provisioner.Stands{Durable: stands})
		made := r.server.durables["mybot"]
		if made.MaxAckPending != provisioner.MaxAckPending || made.IdleAfter != provisioner.IdleAfter() || len(made.BackOff) != 3 {
			t.Errorf("%+v", made)
		}
		r.Do(t.Context(), service.Act{ID: "look/mybot/1:2", Data: provisioner.Look{Name: "mybot"}})
		r.hears(t, provisioner.Stands{Durable: stands})
		r.Do(t.Context(), service.Act{ID: "drop/1:3", Data: provisioner.Drop{Name: "mybot"}})
		r.hears(t, provisioner.Absent{Name: "mybot", Act: "drop/1:3"})
		r.Do(t.Context(), service.Act{ID: "look/mybot/1:2", Data: provisioner.Look{Name: "mybot"}})
		r.hears(t, provisioner.Absent{Name: "mybot", Act: "look/mybot/1:2"})
	})
}

func TestWhatNoOtherTryMendsIsSensed(t *testing.T) {
	for cause, no := range map[string]error{
		"name":   fmt.Errorf("make: %w", bus.ErrForeign),
		"limit":  fmt.Errorf("make: %w", bus.ErrNoRoom),
		"filter": fmt.Errorf("make: %w", bus.ErrRefused),
	} {
		synctest.Test(t, func(t *testing.T) {
			r := listening(t, &server{durables: map[string]bus.Durable{}, no: no})
			r.hears(t, streams, provisioner.Durables{}, "ready")
			r.Do(t.Context(), service.Act{ID: "make/1:1", Data: wanted})
			r.hears(t, provisioner.Failed{Act: "make/1:1", Cause: cause, Why: no.Error()})
		})
	}
}

func TestAnActThatIsNoLongerWantedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := listening(t, &server{durables: map[string]bus.Durable{}})
		r.hears(t, streams, provisioner.Durables{}, "ready")
		r.server.away = 1 << 20
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		r.Do(ctx, service.Act{ID: "make/1:1", Data: wanted})
		if len(r.heard) != 0 {
			t.Errorf("sensed %#v", <-r.heard)
		}
	})
}

func TestDriftsAreListedWhenTheStreamsWereCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := listening(t, &server{durables: map[string]bus.Durable{}})
		r.hears(t, streams, provisioner.Durables{}, "ready")
		r.Ensured(errors.Join(&bus.Drift{Stream: "A", Differences: []string{"x"}}, &bus.Drift{Stream: "B", Differences: []string{"y"}}))
		r.hears(t, streams, provisioner.Durables{}, provisioner.Drifts{Of: map[string][]string{"A": {"x"}, "B": {"y"}}})
		r.Ensured(errors.New("away")) // tells nothing
		r.Ensured(nil)
		r.hears(t, streams, provisioner.Durables{}, provisioner.Drifts{Of: map[string][]string{}})
	})
}
