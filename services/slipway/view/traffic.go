package view

import (
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
)

// Traffic is one item of TrafficList: what the gateways counted in a window. Totals are
// since the gateways that are heard started.
type Traffic struct {
	App        string           `json:"app"`
	Generation int              `json:"generation"`
	WindowMs   int64            `json:"windowMs"`
	Requests   int64            `json:"requests"`
	Failed     int64            `json:"failed"`
	ErrorShare float64          `json:"errorShare"`
	RPS        float64          `json:"rps"`
	Totals     TrafficTotals    `json:"totals"`
	Splits     []TrafficSplit   `json:"splits"`
	SplitSince Time             `json:"splitSince"` // from when on they are counted, unless a canary's share is
	Backends   []Backend        `json:"backends"`
	Imbalance  float64          `json:"imbalance"` // largest less smallest number of requests of a ready backend, by their mean
	Gateways   []TrafficGateway `json:"gateways"`
	Held       *int64           `json:"held,omitempty"` // while requests are held: how many wait
}

// Name is the app's.
func (t Traffic) Name() string { return t.App }

// TrafficTotals are counts since the gateways that are heard started.
type TrafficTotals struct {
	Requests int64 `json:"requests"`
	Failed   int64 `json:"failed"` // 5xx of the app's, and whatever the gateway answered itself
	Retried  int64 `json:"retried"`
	Cut      int64 `json:"cut"` // at the drain deadline of their endpoint
}

// TrafficSplit is what a release should have and has of the requests: of two releases
// since the newer got its share, else since the last route that the window saw.
type TrafficSplit struct {
	Release  int     `json:"release"`
	Version  string  `json:"version"`
	Want     float64 `json:"want"`
	Measured float64 `json:"measured"`
	Requests int64   `json:"requests"`
}

// Backend is an endpoint in the window; its times are 0 without a request.
type Backend struct {
	Instance   string  `json:"instance"`
	Node       string  `json:"node"`
	Release    int     `json:"release"`
	State      string  `json:"state"`   // of the instance; outside: it was offered
	Breaker    string  `json:"breaker"` // closed, half-open, open: the worst of any gateway's
	Requests   int64   `json:"requests"`
	Share      float64 `json:"share"` // of the app's requests
	InFlight   int64   `json:"inFlight"`
	ErrorShare float64 `json:"errorShare"`
	P50Ms      float64 `json:"p50Ms"`
	P99Ms      float64 `json:"p99Ms"`
}

// TrafficGateway is who serves the app.
type TrafficGateway struct {
	ID      string `json:"id"`
	Applied int    `json:"applied"` // generation of the route it serves
	SeenAt  Time   `json:"seenAt"`  // its newest sample
}

// Traffic is an app's traffic in the window before the newest sample; ok is false for
// an app nobody has declared.
func (l *Log) Traffic(app string, m *Meter, window time.Duration, now time.Time) (t Traffic, ok bool) {
	a, f := l.App(app)
	if a == nil {
		return t, false
	}
	to := m.until(now)
	flow := m.flow(app, to.Add(-window), to)
	t = Traffic{
		App: app, Generation: a.Route.Generation, WindowMs: window.Milliseconds(),
		Requests: flow.requests, Failed: flow.failed, ErrorShare: part(flow.failed, flow.requests), RPS: float64(flow.requests) / window.Seconds(),
		Totals: flow.totals, Splits: []TrafficSplit{}, Backends: []Backend{}, Gateways: flow.seen(),
	}
	if a.Route.Held {
		t.Held = &flow.held
	}
	recent, since := m.recent(a, flow, to.Add(-window), to)
	t.Splits, t.SplitSince = splits(a, l.read(a, f, now), recent), Time{since}
	t.Backends = l.backends(a, flow)
	t.Imbalance = imbalance(t.Backends)
	return t, true
}

// routedWithin is the time within which every gateway serves by a route that was said.
const routedWithin = 500 * time.Millisecond

// recent is the part of a window's flow since the app's last route: what went elsewhere
// before says nothing of the shares there are now.
func (m *Meter) recent(a *deployer.App, all *flow, from, to time.Time) (*flow, time.Time) {
	if a.Route.At.Before(from) || alone(a, all) {
		return all, from
	}
	since := a.Route.At.Add(routedWithin).Truncate(time.Second).Add(time.Second) // gateways tell on the whole second
	if since.After(to) {
		since = to
	}
	return m.flow(a.Name, since, to), since
}

// alone tells whether one release has all requests now and had all of the window's.
func alone(a *deployer.App, all *flow) bool {
	shares := a.Route.Said.Shares
	return len(shares) == 1 && all.of(shares[0].Release).requests == all.requests
}

// splits compares what releases should have with what they got.
func splits(a *deployer.App, r deployer.Reading, flow *flow) []TrafficSplit {
	list := []TrafficSplit{}
	for _, n := range service.Sorted(a.Releases) {
		want := r.Share(n)
		if want == 0 {
			continue
		}
		s := TrafficSplit{Release: n, Version: a.Releases[n].Spec.Version, Want: share(want), Requests: flow.of(n).requests}
		s.Measured = part(s.Requests, flow.requests)
		list = append(list, s)
	}
	if len(list) != 2 {
		return list
	}
	for i := range list {
		if split, ok := flow.split(list[i].Release); ok {
			list[i].Requests, list[i].Measured = split.admitted, part(split.admitted, split.requests)
			other := &list[1-i]
			other.Requests, other.Measured = split.requests-split.admitted, part(split.requests-split.admitted, split.requests)
		}
	}
	return list
}

// backends are the endpoints that there are, and those that served in the window.
func (l *Log) backends(a *deployer.App, flow *flow) []Backend {
	list, seen := []Backend{}, map[string]bool{}
	add := func(b Backend) {
		x := flow.endpoints[b.Instance]
		if x == nil {
			x = &counted{}
		}
		b.Breaker, b.Requests, b.Share, b.InFlight = breakerWords[x.breaker], x.requests, part(x.requests, flow.requests), x.inFlight
		b.ErrorShare, b.P50Ms, b.P99Ms = part(x.failed, x.requests), x.quantile(0.5), x.quantile(0.99)
		list, seen[b.Instance] = append(list, b), true
	}
	for _, id := range service.Sorted(a.Instances) {
		if i := a.Instances[id]; i.Role == events.RoleService {
			add(Backend{Instance: id, Node: i.Node, Release: i.Release, State: i.State})
		}
	}
	for _, id := range service.Sorted(a.Pool) {
		if !seen[id] && a.Instances[id] == nil {
			add(Backend{Instance: id, State: "outside"})
		}
	}
	for _, id := range service.Sorted(flow.endpoints) {
		if x := flow.endpoints[id]; id != "" && !seen[id] && x.requests > 0 {
			add(Backend{Instance: id, Release: x.release, State: "ended"})
		}
	}
	slices.SortStableFunc(list, func(x, y Backend) int { return y.Release - x.Release })
	return list
}

var breakerWords = [...]string{"closed", "half-open", "open"}

// imbalance compares the ready backends of each release; the worst stands.
func imbalance(list []Backend) (worst float64) {
	byRelease := map[int][]int64{}
	for _, b := range list {
		if b.State == "ready" || b.State == "outside" {
			byRelease[b.Release] = append(byRelease[b.Release], b.Requests)
		}
	}
	for _, n := range byRelease {
		sum := int64(0)
		for _, x := range n {
			sum += x
		}
		if sum > 0 {
			worst = max(worst, float64(slices.Max(n)-slices.Min(n))*float64(len(n))/float64(sum))
		}
	}
	return worst
}

func part(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
