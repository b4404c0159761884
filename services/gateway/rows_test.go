package gateway

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
	"slipway.dev/pkg/breaker"
	"slipway.dev/pkg/service"
)

// history is a gateway to which anything may happen at any moment.
type history struct {
	*rapid.T
	cfg  Config
	g    *Gateway
	now  time.Time
	told int
	next map[string]int // generation of an app's next route and pool
}

func (h *history) pick(of ...string) string { return rapid.SampledFrom(of).Draw(h.T, "pick") }
func (h *history) n(most int) int           { return rapid.IntRange(0, most).Draw(h.T, "n") }

func (h *history) hear(data events.Payload) {
	h.told++
	about := data.About()
	h.g.evolve(events.Event{ID: fmt.Sprint(h.told), Kind: events.KindOf(data), App: about.App, Place: about.Place, Time: h.now, Data: data})
}

func (h *history) sense(data any) {
	sense := decider(h.cfg).Sense
	sense(h.g, nil, service.Signal{Data: data}, h.now)
}

// happen is one thing from outside.
func (h *history) happen() {
	app := h.pick("web", "api", "shop")
	id := app + "-" + h.pick("1", "2", "3")
	h.next[app]++
	of, shares := events.OfRoute{App: app, Generation: h.next[app]}, []events.RouteShare{{Release: 1, ShareBp: 10_000}}
	a := h.g.app(app)
	totals := Totals{{Release: 1, Requests: int64(h.n(50)), Failures: int64(h.n(3))}}
	switch h.n(20) {
	case 0, 1, 2:
		h.hear(events.RouteShifted{OfRoute: of, Route: events.Route{
			Rules: []events.RouteRule{{Host: h.pick("a.example", "b.example", "c.example"), Path: "/"}}, Shares: shares,
			MeshPort: h.n(2) * 15001,
		}})
	case 3:
		h.hear(events.RouteRemoved{OfRoute: of})
	case 4:
		h.hear(events.RoutePaused{OfRoute: of, Kind: "pause", MaxWaitMs: 1000})
	case 5:
		h.hear(events.RouteResumed{OfRoute: of})
	case 6, 7, 8:
		var all []events.PoolEndpoint
		for _, n := range []string{"1", "2", "3"} {
			if h.n(3) > 0 {
				all = append(all, events.PoolEndpoint{Endpoint: app + "-" + n, Release: 1, Address: "127.0.0.1:1", Liveness: h.pick("", events.LivenessProbe), Weight: 100, Ready: h.n(3) > 0, Serving: true, Terminating: h.n(4) == 0, DrainMs: 1000})
			}
		}
		h.hear(events.PoolChanged{OfGeneration: events.OfGeneration{App: app, Generation: h.next[app]}, Endpoints: all})
	case 9:
		h.hear(events.EndpointDraining{Endpoint: events.Endpoint{App: app, Endpoint: id, Release: 1, Conditions: events.EndpointConditions{Serving: true}}, DrainMs: 1000})
	case 10, 11, 12:
		h.sense(Applied{App: app, Order: a.Order - h.n(1), Generation: a.Generation, Pool: a.Pool, Totals: totals})
	case 13:
		h.sense(Refused{App: app, Order: a.Order, Generation: a.Generation, Pool: a.Pool, Reason: "no"})
	case 14:
		h.sense(Closed{App: app, Endpoint: id})
	case 15:
		h.sense(Drained{App: app, Endpoint: id, Requests: h.n(2), Totals: totals})
	case 16:
		h.sense(Quiesced{App: app, Generation: a.Generation})
	case 17:
		h.sense(Judged{App: app, Endpoint: id, Sample: breaker.Sample{Requests: 20, Failures: 10 + h.n(10), Run: h.n(9)}})
	case 18:
		h.sense(Beat{Totals: map[string]Totals{app: totals}})
	case 19:
		h.sense(Probed{App: app, Endpoint: id, Address: "127.0.0.1:1", Good: h.n(1) == 1, Why: "no"})
	case 20:
		h.rarely()
	}
}

// rarely is what concerns the gateway as a whole.
func (h *history) rarely() {
	lease := events.Lease{Kind: Owner, Name: "gw1-a", Incarnation: h.g.Incarnation}
	switch h.n(5) {
	case 0:
		h.sense(Boot{Nonce: h.pick("a", "b")})
	case 1:
		h.sense(Opened{})
	case 2:
		h.hear(events.LeaseLapsed{Lease: lease})
	case 3:
		h.hear(events.LeaseResumed{Lease: lease})
	case 4:
		h.sense(Healthy{Life: h.g.Life})
	case 5:
		h.sense(Leave{})
		h.sense(Emptied{Totals: map[string]Totals{"web": {{Release: 1, Requests: 100}}}})
	}
}

// conclusions are all that is concluded of the gateway now.
type conclusions struct {
	Says service.Says
	Acts []service.Act
	Due  time.Time
}

func (h *history) conclude() conclusions {
	return conclusions{h.g.decide(h.cfg, h.now), h.g.acts(h.cfg), h.g.due(h.now)}
}

// whole looks at every app.
func (h *history) whole() conclusions {
	kept := h.g.rows
	h.g.rows = service.Soft[rows]{}
	defer func() { h.g.rows = kept }()
	return h.conclude()
}

// What is looked at again is all that could say something else: whatever happens, the
// gateway concludes what it would with every app looked at.
func TestRowsConcludeAsTheWholeWalk(t *testing.T) {
	said, silent := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		h := &history{T: t, cfg: Config{Name: "gw1-a", TTL: time.Minute}, g: newGateway("gw1-a"), now: time.Unix(1_700_000_000, 0).UTC(), next: map[string]int{}}
		h.sense(Boot{Nonce: "a"})
		for range rapid.IntRange(10, 150).Draw(t, "steps") {
			h.now = h.now.Add(time.Duration(h.n(3)*h.n(2000)) * time.Millisecond)
			if h.n(2) > 0 {
				h.happen()
			}
			want := h.whole()
			got := h.conclude()
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("concluded\n%+v\nwith every app looked at\n%+v", got, want)
			}
			for _, r := range h.g.table() {
				if r.silent {
					silent++
				}
			}
			for _, f := range got.Says.Facts[:min(len(got.Says.Facts), 1+h.n(3))] {
				said++
				h.hear(f.Data)
			}
		}
	})
	if said == 0 || silent == 0 {
		t.Errorf("%d facts were said, %d rows were silent", said, silent)
	}
}
