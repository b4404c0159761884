package discovery

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// speak says the next fact of an owner about an app.
func (w *world) speak(p events.Payload) {
	w.t.Helper()
	kind, app := events.KindOf(p), p.About().App
	guard := events.Guard(kind.Owner, app, "")
	w.said[guard]++
	id := events.ID(guard, w.said[guard])
	r, err := w.voice.Append(limit(w.t), guard, w.tail[guard], []events.Event{{
		ID: id, Source: "/slipway/" + kind.Owner, Kind: kind, App: app, Subject: p.About().Subject, Time: time.Now().UTC(),
		Correlation: id, Actor: "service:" + kind.Owner, Ordinal: w.said[guard], Data: p,
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.tail[guard] = r.Last.Seq
}

func (w *world) shift(generation int, shares ...events.RouteShare) {
	w.speak(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: generation}, Route: events.Route{Shares: shares}})
}

// pool lists an endpoint of each release, by its name.
func (w *world) pool(generation int, releases map[string]int) {
	d := events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: generation}}
	for name, release := range releases {
		d.Endpoints = append(d.Endpoints, events.PoolEndpoint{Endpoint: name, Release: release, Address: "127.0.0.1:1", Weight: 100, Ready: true, Serving: true})
	}
	slices.SortFunc(d.Endpoints, func(a, b events.PoolEndpoint) int { return strings.Compare(a.Endpoint, b.Endpoint) })
	w.speak(d)
}

// usable are names and shares of what may be used.
func usable(l List) (names []string, shares []int) {
	for _, e := range l.Usable() {
		names, shares = append(names, e.Endpoint), append(shares, e.ShareBp)
	}
	return names, shares
}

// A release that is kept warm, or not promoted yet, is listed with no share and nobody
// is sent to it; a flip of the shares alone is told like a change of the pool.
func TestSharesOfReleases(t *testing.T) {
	w := newWorld(t)
	w.pool(1, map[string]int{"web-1-a1": 1, "web-2-a1": 2, "outside": 0})
	x := w.listen("web")
	is := func(what string, wantShares []int, want ...string) {
		t.Helper()
		l, err := x.await(limit(t), "web", func(l List) bool {
			names, shares := usable(l)
			return slices.Equal(names, want) && slices.Equal(shares, wantShares)
		})
		if err != nil {
			names, shares := usable(l)
			t.Fatalf("%s: %v %v, want %v %v", what, names, shares, want, wantShares)
		}
		once, err := Get(limit(t), w.dial(), "web")
		names, shares := usable(once)
		if err != nil || !slices.Equal(names, want) || !slices.Equal(shares, wantShares) || len(once.Endpoints) != 3 || once.Route != l.Route {
			t.Errorf("%s, asked once: %+v %v", what, once, err)
		}
	}
	is("before there is a route", []int{-1, -1, -1}, "outside", "web-1-a1", "web-2-a1")
	w.shift(1, events.RouteShare{Release: 1, ShareBp: 10_000})
	is("release 2 is not promoted", []int{10_000, 10_000}, "outside", "web-1-a1")
	w.shift(2, events.RouteShare{Release: 1, ShareBp: 9500}, events.RouteShare{Release: 2, ShareBp: 500})
	is("release 2 is a canary", []int{9500, 9500, 500}, "outside", "web-1-a1", "web-2-a1")
	w.speak(events.RoutePaused{OfRoute: events.OfRoute{App: "web", Generation: 3}, Kind: "pause"})
	w.shift(4, events.RouteShare{Release: 2, ShareBp: 10_000})
	is("release 1 is kept warm", []int{10_000, 10_000}, "outside", "web-2-a1")
	if l, _ := x.List("web"); l.Generation != 1 || l.Route != 4 || len(l.Endpoints) != 3 {
		t.Errorf("%+v", l)
	}
	late := w.listen() // every app, and the past in one go
	if _, err := late.Await(limit(t), "web", 0); err != nil {
		t.Fatal(err)
	}
	late.mu.Lock()
	first := late.told[0]
	late.mu.Unlock()
	if names, _ := usable(first); !slices.Equal(names, []string{"outside", "web-2-a1"}) {
		t.Errorf("who comes late is told first of %v", names)
	}
	w.speak(events.RouteRemoved{OfRoute: events.OfRoute{App: "web", Generation: 5}})
	is("the route is gone", []int{-1, -1, -1}, "outside", "web-1-a1", "web-2-a1")
}

// A read that waits by ETag hears of other shares, one by generation of other pools.
func TestPlainReadsOfShares(t *testing.T) {
	w := newWorld(t)
	w.pool(1, map[string]int{"web-1-a1": 1, "web-2-a1": 2})
	w.shift(1, events.RouteShare{Release: 1, ShareBp: 10_000})
	x := w.listen("web")
	server := httptest.NewServer(Handler(x.Client))
	defer server.Close()
	ask := func(ctx context.Context, query string) (tag string, l List, err error) {
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/pools/web"+query, nil)
		res, err := server.Client().Do(r)
		if err != nil {
			return "", l, err
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.Header.Get("ETag"), l, json.Unmarshal(b, &l)
	}
	tag, l, err := ask(limit(t), "")
	if err != nil || tag != `"1.1"` || l.Endpoints[0].ShareBp != 10_000 || l.Endpoints[1].ShareBp != 0 {
		t.Fatalf("%s %+v %v", tag, l, err)
	}
	next, still := make(chan string, 1), make(chan string, 1)
	go func() {
		tag, _, _ := ask(limit(t), "?wait=1.1")
		next <- tag
	}()
	go func() {
		tag, _, _ := ask(limit(t), "?wait=1")
		still <- tag
	}()
	w.shift(2, events.RouteShare{Release: 2, ShareBp: 10_000})
	if tag := <-next; tag != `"1.2"` {
		t.Errorf("waited for another than 1.1, got %s", tag)
	}
	w.pool(2, map[string]int{"web-2-a1": 2})
	if tag := <-still; tag != `"2.2"` {
		t.Errorf("waited for another pool than 1, got %s", tag)
	}
}
