package ratio

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
)

// line is our client as the loop wants it.
type line struct{ *bus.Bus }

func (l line) Lease(subject string, body events.LeaseBody) { _ = l.Bus.Lease(subject, body) }

// Leases delivers all of them: here only those who are asked about say any.
func (l line) Leases(ctx context.Context, _ []string, r service.Reader) error {
	return l.Bus.Leases(ctx, "", r)
}

func (l line) Dead(_ context.Context, participant string, m service.Message, verdict, reason string) error {
	return errors.New(participant + " cannot read " + m.Subject + ": " + verdict + ", " + reason)
}

// drive runs a service until the benchmark ends, and returns once it has caught up.
func (s *store) drive(svc service.Service, b *bus.Bus) {
	s.b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- service.Run(ctx, svc, line{b}, service.Options{Copy: svc.Participant(), Logger: zerolog.Nop(), Ready: func() { close(ready) }})
	}()
	s.running = append(s.running, func() {
		cancel()
		if err := <-done; err != nil {
			s.b.Errorf("%s: %v", svc.Participant(), err)
		}
	})
	s.b.Cleanup(s.rest)
	select {
	case <-ready:
	case <-time.After(bound):
		s.b.Fatalf("%s has not caught up", svc.Participant())
	}
}

// rest ends what was driven.
func (s *store) rest() {
	for _, end := range s.running {
		end()
	}
	s.running = nil
}

const (
	hopper = "hop"
	hops   = 20 // facts of a chain, each said because the last was heard
)

// chain is a key that answers a kick with facts, one at a time, and a wish with one.
type chain struct {
	Kicks, Said int
	Answered    uint64
	open        service.Soft[[]*events.Event]
}

func (c *chain) decide() (say service.Says) {
	of := events.OfRelease{App: hopper, Release: c.Said + 1}
	switch w := *c.open.Get(); {
	case c.Said < hops*c.Kicks:
		say.Because(service.Cause{}, "%d said", c.Said).Fact(events.ReleasePaused{OfRelease: of, Cause: "manual"})
	case len(w) > 0:
		say.Because(service.CauseOf(*w[0]), "asked").Fact(events.ReleaseResumed{OfRelease: of})
	}
	return say
}

// hop is what came of a fact: when it was heard, when stored, and which wish it answers.
type hop struct {
	heard, stored time.Time
	asked         time.Time // when its wish was stored
}

func chaining(heard chan<- hop) service.Service {
	asked := map[uint64]time.Time{}
	return service.Service{
		Name: "deployer", Version: 1,
		Hears:  []events.Kind{events.K[events.InstanceReady]()},
		Says:   []events.Kind{events.K[events.ReleasePaused](), events.K[events.ReleaseResumed]()},
		Wishes: []string{"slipway.wish." + hopper + "._.hold.*"},
		New: func() []service.Machine {
			return []service.Machine{service.Of(service.Decider[chain, struct{}]{
				Owner: "deployer",
				New:   func(string) *chain { return &chain{} },
				Guard: func(app string) string { return events.Guard("deployer", app, "") },
				Keys: func(e events.Event) []string {
					if e.App != hopper {
						return nil
					}
					return []string{hopper}
				},
				Evolve: func(_ string, c *chain, _ *struct{}, e events.Event) {
					switch e.Data.(type) {
					case events.InstanceReady:
						c.Kicks++
					case events.ReleasePaused:
						c.Said++
						heard <- hop{heard: time.Now(), stored: e.Stored}
					case events.ReleaseResumed:
						*c.open.Get() = (*c.open.Get())[1:]
						heard <- hop{heard: time.Now(), stored: e.Stored, asked: asked[e.Wish.Seq]}
					}
				},
				Sense: func(c *chain, _ *struct{}, s service.Signal, _ time.Time) {
					if s.Wish != nil {
						asked[s.Wish.Pos.Seq] = s.Wish.Stored
						*c.open.Get() = append(*c.open.Get(), s.Wish)
					}
				},
				Decide: func(c *chain, _ *struct{}, _ time.Time) service.Says { return c.decide() },
			})}
		},
	}
}

// kicker says what begins a chain.
type kicker struct {
	bus     *bus.Bus
	n, tail uint64
}

func (k *kicker) kick(b *testing.B) {
	e := said(events.InstanceReady{OfInstance: events.OfInstance{App: hopper, Node: "n1", Instance: "hop-1-a1"}, Boot: 1}, k.n+1)
	r, err := k.bus.Append(limit(b), e.Guard(), k.tail, []events.Event{e})
	must(b, err)
	k.n, k.tail = k.n+1, r.Last.Seq
}

// rawHop is the fair hop of the plain client: it says a fact with the same headers
// and hears it before it says the next.
type rawHop struct {
	key
	heard jetstream.MessagesContext
}

func newRawHop(s *store, js jetstream.JetStream) *rawHop {
	k := key{b: s.b, app: "raw", js: js}
	c, err := js.OrderedConsumer(limit(s.b), events.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{k.guard()}})
	must(s.b, err)
	heard, err := c.Messages()
	must(s.b, err)
	s.b.Cleanup(heard.Stop)
	return &rawHop{k, heard}
}

func (r *rawHop) hop(ctx context.Context, s *series) {
	e := r.encode(r.next())
	s.time(func() {
		r.publish(ctx, e)
		_, err := r.heard.Next()
		must(r.b, err)
	})
}

// BenchmarkHop: a fact stored, heard, decided on, the next one stored and heard.
// Each side has a server of its own, so that ours does not read what the plain
// client says.
func BenchmarkHop(b *testing.B) {
	b.Run("inprocess", func(b *testing.B) {
		each(b, func(b *testing.B, always bool) {
			s, other := open(b, always), open(b, always)
			hopping(s, s.bus("hop"), newRawHop(other, other.plain(other.within())))
		})
	})
	b.Run("tcp", func(b *testing.B) {
		each(b, func(b *testing.B, always bool) {
			s, other := open(b, always), open(b, always)
			hopping(s, s.tcp("hop"), newRawHop(other, other.plain()))
		})
	})
}

func hopping(s *store, ours *bus.Bus, raw *rawHop) {
	heard := make(chan hop, hops)
	s.drive(chaining(heard), ours)
	k, ctx := &kicker{bus: s.bus("node")}, limit(s.b)
	var p pair
	for s.b.Loop() {
		k.kick(s.b)
		last := (<-heard).heard
		for range hops - 1 {
			next := (<-heard).heard
			p.ours, last = append(p.ours, next.Sub(last)), next
		}
		for range hops {
			raw.hop(ctx, &p.raw)
		}
		s.touch()
	}
	p.report(s)
}

// BenchmarkWish: from the time a wish is stored to that of the fact that answers it,
// by the stream's own clock, against the fair hop.
func BenchmarkWish(b *testing.B) {
	each(b, func(b *testing.B, always bool) {
		s, other := open(b, always), open(b, always)
		heard := make(chan hop, hops)
		s.drive(chaining(heard), s.bus("hop"))
		raw, person, ctx := newRawHop(other, other.plain(other.within())), s.bus("cli"), limit(b)
		var p pair
		for i := 0; b.Loop(); i++ {
			w := events.NewWish("person:measure", events.WishHoldLifted{OfApp: events.OfApp{App: hopper}}, time.Now(), wishID(i))
			_, err := person.Wish(ctx, w)
			must(b, err)
			h := <-heard
			p.ours = append(p.ours, h.stored.Sub(h.asked))
			raw.hop(ctx, &p.raw)
			if i%16 == 0 {
				s.touch()
			}
		}
		p.report(s)
	})
}

func wishID(n int) string { return "measured-wish-" + strconv.Itoa(n) }
