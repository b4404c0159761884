package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

// copyOf is one running copy of the registry on a log.
type copyOf struct {
	core *service.Core
	log  *script.Log
}

func newCopy(log *script.Log, now time.Time) *copyOf {
	c := &copyOf{core: service.NewCore(Service(Config{})), log: log}
	c.hear()
	c.core.CaughtUp(now)
	c.core.SignalsCaughtUp(now)
	c.core.HandsReady(now)
	return c
}

func (c *copyOf) hear() {
	for _, e := range c.log.Events()[c.core.Position().Seq:] {
		c.core.Hear(e)
	}
}

func (c *copyOf) say(t rapid.TB, a service.Append, now time.Time) error {
	r, err := c.log.Append(context.Background(), a.Guard, a.Expected, a.Events)
	c.core.Appended(a, r, err, now)
	return err
}

// rest lets a copy speak until it has nothing more to say.
func (c *copyOf) rest(t rapid.TB, now time.Time) {
	for range 1000 {
		step := c.core.Next(now)
		if len(step.Appends) == 0 {
			return
		}
		for _, a := range step.Appends {
			if err := c.say(t, a, now); err != nil {
				t.Fatalf("append: %v", err)
			}
		}
		c.hear()
	}
	t.Fatalf("no rest at %s", now)
}

// tell lets somebody else say a fact.
func tell(t rapid.TB, log *script.Log, now time.Time, p events.Payload) {
	kind, about := events.KindOf(p), p.About()
	guard := events.Guard(kind.Owner, about.App, about.Place)
	seq, ordinal := log.Tail(guard)
	_, err := log.Append(context.Background(), guard, seq, []events.Event{{
		ID: events.ID(guard, ordinal+1), Source: events.Source(kind.Owner, about.Place), Kind: kind, App: about.App, Place: about.Place,
		Subject: about.Subject, Time: now, Correlation: "test", Actor: events.Actor(kind.Owner, about.Place), Ordinal: ordinal + 1, Data: p,
	}})
	if err != nil {
		t.Fatalf("tell %s: %v", kind.Name(), err)
	}
}

// words are what the fields of a random fact are filled with, by their names.
var words = map[string][]string{
	"App": {"web", "job"}, "Node": {"n1", "n2"}, "Gateway": {"gw1-a", "gw2-a"},
	"Instance": {"web-1-a1", "web-1-a2", "web-2-a1"}, "Endpoint": {"web-1-a1", "web-1-a2", "web-2-a1"},
	"Address": {"", "10.0.0.1:1", "10.0.0.2:2"},
}

// random fills a payload with words and small numbers.
func random(t *rapid.T, v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			random(t, v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.String:
		if w := words[name]; w != nil {
			v.SetString(rapid.SampledFrom(w).Draw(t, name))
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(rapid.IntRange(0, 3).Draw(t, name)))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	}
}

func randomFact(t *rapid.T) events.Payload {
	row, _ := events.Find(rapid.SampledFrom(hears()).Draw(t, "kind"))
	v := reflect.New(row.Type).Elem()
	random(t, v, "")
	return v.Interface().(events.Payload)
}

// dataplane-11: whatever was heard, in whatever order, the fold is total, a decision
// asked for twice is the same, no promise breaks, and the fold without any lease or
// wish is the live state, byte for byte.
func TestAnyFactsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
		log := &script.Log{}
		live := newCopy(log, now)
		wished := uint64(0)
		live.core.Found = func(b service.Broken) { t.Fatalf("promise of %q broken: %s", b.Key, b.Detail) }
		for range rapid.IntRange(1, 60).Draw(t, "facts") {
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				now = now.Add(time.Duration(rapid.IntRange(1, 12000).Draw(t, "ms")) * time.Millisecond)
			case 1:
				kind := rapid.SampledFrom([]string{kindNode, kindGateway, kindEndpoint}).Draw(t, "kind")
				h := service.Heard{
					Kind: kind, Holder: rapid.SampledFrom(holding[kind]).Draw(t, "holder"),
					Body: events.LeaseBody{Incarnation: rapid.IntRange(0, 4).Draw(t, "incarnation")},
				}
				if kind == kindEndpoint {
					h.App = rapid.SampledFrom(words["App"]).Draw(t, "app")
				}
				live.core.Sense(service.Signal{Data: h}, now)
			case 2:
				wished++
				live.core.Sense(service.Signal{Wish: randomWish(t, wished, now)}, now)
			default:
				tell(t, log, now, randomFact(t))
			}
			live.hear()
			twice(t, live, now)
			live.rest(t, now)
		}
		whole(t, live, now)
		answered(t, log, wished)
	})
}

// holding are those whose leases are heard.
var holding = map[string][]string{
	kindNode: words["Node"], kindGateway: words["Gateway"], kindEndpoint: {"w1", "w2", "web-1-a1"},
}

// randomWish is an offer, mostly sound, or its withdrawal.
func randomWish(t *rapid.T, n uint64, now time.Time) *events.Event {
	of := events.OfOffer{
		App:      rapid.SampledFrom(words["App"]).Draw(t, "app"),
		Endpoint: rapid.SampledFrom([]string{"w1", "w2", "web-1-a1"}).Draw(t, "endpoint"),
	}
	weight := rapid.IntRange(99, 101).Draw(t, "weight")
	var data events.Payload = events.WishEndpointOffered{
		OfOffer: of, Weight: &weight,
		Address: rapid.SampledFrom([]string{"10.0.0.8:1", "10.0.0.9:1", "10.0.0.9:0"}).Draw(t, "address"),
	}
	if rapid.IntRange(0, 2).Draw(t, "withdrawn") == 0 {
		data = events.WishEndpointWithdrawn{OfOffer: of}
	}
	e := events.NewWish("integrator:test", data, now, fmt.Sprint("wish-", n))
	e.Pos, e.Stored = events.Position{Era: 1, Seq: n}, now
	return &e
}

// answered: each wish by one fact.
func answered(t *rapid.T, log *script.Log, wishes uint64) {
	answers := map[uint64]int{}
	for _, e := range log.Events() {
		if !e.Wish.IsZero() {
			answers[e.Wish.Seq]++
		}
	}
	for n := uint64(1); n <= wishes; n++ {
		if answers[n] != 1 {
			t.Fatalf("wish %d of %d was answered %d times", n, wishes, answers[n])
		}
	}
}

func twice(t *rapid.T, c *copyOf, now time.Time) {
	for _, m := range c.core.Machines() {
		for _, k := range m.Keys() {
			if a, b := m.Decide(k, now), m.Decide(k, now); !reflect.DeepEqual(a, b) {
				t.Fatalf("%q decided twice: %v, then %v", k, a, b)
			}
		}
	}
}

func whole(t *rapid.T, live *copyOf, now time.Time) {
	for _, p := range live.core.Parked() {
		t.Fatalf("parked %s: %s", p.Verdict, p.Reason)
	}
	for _, m := range live.core.Machines() {
		for _, k := range m.Keys() {
			if says := m.Decide(k, now); !says.Empty() {
				t.Fatalf("at rest %q still says %v", k, says.Facts)
			}
			if err := m.Check(k); err != nil {
				t.Fatalf("%q: %v", k, err)
			}
		}
	}
	want, _ := live.core.Export("")
	got, _ := newCopy(live.log, now).core.Export("")
	if string(want) != string(got) {
		t.Fatalf("live state\n%s\nfolded\n%s", want, got)
	}
}

func ready(t rapid.TB, log *script.Log, now time.Time) {
	of := events.OfInstance{App: "web", Node: "n1", Instance: "web-1-a1"}
	tell(t, log, now, events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 1})
	tell(t, log, now, events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}})
	tell(t, log, now, events.RouteDeclared{OfRoute: events.OfRoute{App: "web", Generation: 1}})
	tell(t, log, now, events.InstanceStarted{OfInstance: of, Boot: 1, Address: "10.0.0.1:1"})
	tell(t, log, now, events.InstanceReady{OfInstance: of, Boot: 1})
}

// dataplane-12: with two registries at once each transition stands once in the log.
func TestTwoRegistriesSayEachTransitionOnce(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	log := &script.Log{}
	ready(t, log, now)
	a, b := newCopy(log, now), newCopy(log, now)
	for range 20 {
		one, two := a.core.Next(now), b.core.Next(now)
		for i, x := range one.Appends {
			if err := a.say(t, x, now); err != nil {
				t.Fatalf("the first: %v", err)
			}
			if err := b.say(t, two.Appends[i], now); err != nil {
				t.Fatalf("the same decision of its twin: %v, want it known as said", err)
			}
		}
		a.hear()
		b.hear()
	}
	count := map[string]int{}
	for _, e := range log.Events() {
		if e.Kind.Owner == Owner {
			count[e.Kind.Name()+" "+e.Subject]++
		}
	}
	want := map[string]int{
		"endpoint.registered web/web-1-a1": 1, "endpoint.available web/web-1-a1": 1, "pool.changed web/1": 1,
		"lease.granted node-n1": 1, "lease.granted gateway-gw1-a": 1,
	}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("said %v, want %v", count, want)
	}
}

// dataplane-12: a twin one event behind conflicts, whatever entity that event was of.
func TestTwinOneEventBehindConflicts(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	for _, behind := range []events.Payload{
		events.AssignmentWithdrawn{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: "web-1-a1"}},
		events.RoutingApplied{OfRouting: events.OfRouting{App: "web", Gateway: "gw1-a", Generation: 1}, Pool: 1},
	} {
		t.Run(fmt.Sprintf("%T", behind), func(t *testing.T) {
			log := &script.Log{}
			ready(t, log, now)
			first, stale := newCopy(log, now), newCopy(log, now)
			first.rest(t, now)
			stale.hear()
			tell(t, log, now, events.InstanceUnready{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: "web-1-a1"}})
			stale.hear()
			decided := stale.core.Next(now) // unavailable, of the endpoint
			tell(t, log, now, behind)
			first.hear()
			first.rest(t, now) // unavailable and what follows from the other fact, of other entities
			said := len(log.Events())
			var conflict *service.ErrConflict
			if err := stale.say(t, decided.Appends[0], now); !errors.As(err, &conflict) {
				t.Fatalf("the stale decision: %v, want a conflict", err)
			}
			stale.hear()
			stale.rest(t, now)
			if len(log.Events()) != said {
				t.Errorf("the twin said more: %s", listOf(log.Events()[said:]))
			}
		})
	}
}

func listOf(es []events.Event) string {
	b, _ := json.Marshal(es)
	return string(b)
}
