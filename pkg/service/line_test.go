package service_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// line is a service.Bus in memory: the simulated log, hearsay by channel, and what a
// test wants to happen on the way.
type line struct {
	*sim.Bus
	leases, wishes chan service.Message
	samples        chan service.Message
	gap            chan struct{} // interrupts the readers of hearsay

	mu      sync.Mutex
	spoiled map[string]func(service.Message) service.Message // by subject: how it is read
	filters []string
	lapses  []func() // each interrupts a reader of the log
	dead    []string
	toDead  func(context.Context) error // the way there; nil: at once
	holders []string                    // whose lease was renewed
}

func newLine() *line {
	return &line{
		Bus: sim.NewBus(), leases: make(chan service.Message), wishes: make(chan service.Message),
		samples: make(chan service.Message),
		gap:     make(chan struct{}), spoiled: map[string]func(service.Message) service.Message{},
	}
}

func (l *line) Read(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	l.mu.Lock()
	l.filters, l.lapses = filters, append(l.lapses, r.Gap)
	l.mu.Unlock()
	deliver := r.Deliver
	r.Deliver = func(m service.Message) error {
		if spoil := l.spoiled[m.Subject]; spoil != nil {
			m = spoil(m)
		}
		return deliver(m)
	}
	return l.Bus.Read(ctx, after, filters, r)
}

func (l *line) Wishes(ctx context.Context, _ events.Position, _ []string, r service.Reader) error {
	return l.hearsay(ctx, l.wishes, r)
}

func (l *line) Leases(ctx context.Context, _ []string, r service.Reader) error {
	return l.hearsay(ctx, l.leases, r)
}

func (l *line) Measured(ctx context.Context, _ []string, r service.Reader) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-l.samples:
			if err := r.Deliver(m); err != nil {
				return err
			}
		}
	}
}

func (l *line) hearsay(ctx context.Context, in chan service.Message, r service.Reader) error {
	r.CaughtUp()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-in:
			if err := r.Deliver(m); err != nil {
				return err
			}
		case <-l.gap:
			r.Gap()
		}
	}
}

func (l *line) Lease(subject string, b events.LeaseBody) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holders = append(l.holders, fmt.Sprint(subject, " ", b.N))
}

func (l *line) Dead(ctx context.Context, participant string, m service.Message, verdict, _ string) error {
	if l.toDead != nil {
		if err := l.toDead(ctx); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = append(l.dead, fmt.Sprintf("%s %s %s", participant, m.Pos, verdict))
	return nil
}

// elsewhere lets another participant say a fact.
func (l *line) elsewhere(t testing.TB, facts ...events.Payload) {
	t.Helper()
	for _, p := range facts {
		guard := eventOf(p, 1).Guard()
		seq, ordinal := l.Tail(guard)
		if _, err := l.Append(t.Context(), guard, seq, []events.Event{eventOf(p, ordinal+1)}); err != nil {
			t.Fatalf("say %T: %v", p, err)
		}
	}
}

// names are the facts of an owner on the log.
func (l *line) names(owner string) (names []string) {
	ctx, cancel := context.WithCancel(context.Background())
	_ = l.Bus.Read(ctx, events.Position{}, nil, service.Reader{
		Deliver: func(m service.Message) error {
			if e, err := events.Parse(m.Subject, m.Header, m.Body); err == nil && e.Kind.Owner == owner {
				names = append(names, e.Kind.Name()+" "+e.Subject)
			}
			return nil
		},
		CaughtUp: cancel,
	})
	return names
}

// running is a service that runs until its test ends it.
type running struct {
	t    *testing.T
	stop context.CancelFunc
	done chan error
}

func start(t *testing.T, svc service.Service, l *line, opt service.Options, off service.Rule) *running {
	if svc.Driver == nil {
		svc.Driver = &hands{}
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t, stop, make(chan error, 1)}
	go func() { r.done <- service.RunWithout(ctx, svc, l, opt, off) }()
	synctest.Wait()
	return r
}

// end ends the run and fails the test if it does not return in order.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Errorf("it ended with %v", err)
	}
}

// pass lets fake time pass until all is at rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// hands is a driver of which a test sees everything.
type hands struct {
	mu      sync.Mutex
	sense   func(service.Signal)
	began   []string
	ended   []string
	stubbox chan struct{} // acts let go only when it is closed; nil: at once
	finish  chan struct{} // acts end by themselves when it is closed; nil: never
}

func (h *hands) Watch(ctx context.Context, sense func(service.Signal), ready func()) error {
	h.sense = sense
	ready()
	<-ctx.Done()
	return ctx.Err()
}

func (h *hands) Do(ctx context.Context, a service.Act) {
	h.note(&h.began, a.ID)
	select {
	case <-ctx.Done():
		if h.stubbox != nil {
			<-h.stubbox
		}
	case <-h.finish:
	}
	h.note(&h.ended, a.ID)
}

func (h *hands) note(list *[]string, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*list = append(*list, id)
}
