package view

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"slipway.dev/events"
)

// flow is what the gateways counted of one app.
type flow struct {
	counted
	held      int64
	totals    TrafficTotals
	releases  map[int]*counted
	endpoints map[string]*counted
	gateways  map[string]*TrafficGateway
	shares    map[shareKey]shared
}

// counted is a window's requests, of the app or of a part of it.
type counted struct {
	release          int
	requests, failed int64
	inFlight         int64
	breaker          int
	latency          events.LoadLatency
}

func (c *counted) quantile(q float64) float64 {
	seconds, _ := c.latency.Quantile(q)
	return seconds * 1000
}

// shareKey tells a canary's shares apart: each is counted anew, by each gateway from
// the route on that it first had.
type shareKey struct {
	process             string
	release, generation int
}

// shared is what was split: all of it, and what went to the canary.
type shared struct{ requests, admitted int64 }

// flow counts an app in a window.
func (m *Meter) flow(app string, from, to time.Time) *flow {
	f := &flow{releases: map[int]*counted{}, endpoints: map[string]*counted{}, gateways: map[string]*TrafficGateway{}, shares: map[shareKey]shared{}}
	for _, x := range m.tracks {
		if x.labels["app"] == app {
			f.take(x, from, to)
		}
	}
	for _, x := range m.tracks {
		if g := f.gateways[x.gateway]; g != nil {
			if last := x.points[len(x.points)-1].at; last.After(g.SeenAt.Time) {
				g.SeenAt = Time{last}
			}
		}
	}
	return f
}

func (f *flow) take(x *track, from, to time.Time) {
	release, _ := strconv.Atoi(x.labels["release"])
	switch x.family {
	case "slipway_requests_total":
		f.requested(x, release, from, to)
	case "slipway_request_duration_seconds":
		for _, c := range []*counted{&f.counted, f.of(release), f.at(x.labels["endpoint"], release)} {
			x.latency(&c.latency, from, to)
		}
	case "slipway_retries_total":
		f.totals.Retried += x.whole(to)
	case "slipway_cut_total":
		f.totals.Cut += x.whole(to)
	case "slipway_split_requests_total", "slipway_canary_admitted_total":
		f.splitted(x, release, to)
	default:
		f.level(x, release, to)
	}
}

// requested counts answers. Errors are the app's own 5xx, and all that the gateway had
// to answer itself; a client that left is none.
func (f *flow) requested(x *track, release int, from, to time.Time) {
	failed := x.labels["cause"] == "gateway" || x.labels["cause"] == "backend" && x.labels["class"] == "5xx"
	n := int64(x.rise(from, to))
	for _, c := range []*counted{&f.counted, f.of(release), f.at(x.labels["endpoint"], release)} {
		c.requests += n
		if failed {
			c.failed += n
		}
	}
	f.totals.Requests += x.whole(to)
	if failed {
		f.totals.Failed += x.whole(to)
	}
}

// level takes what is neither counted nor timed.
func (f *flow) level(x *track, release int, to time.Time) {
	v, ok := x.now(to)
	if !ok {
		return
	}
	e := f.at(x.labels["endpoint"], release)
	switch x.family {
	case "slipway_inflight", "slipway_streams":
		e.inFlight += int64(v)
	case "slipway_breaker_state":
		e.breaker = max(e.breaker, min(int(v), len(breakerWords)-1))
	case "slipway_held":
		f.held += int64(v)
	case "slipway_route_generation":
		f.gateways[x.gateway] = &TrafficGateway{ID: x.gateway, Applied: int(v)}
	}
}

func (f *flow) splitted(x *track, release int, to time.Time) {
	generation, _ := strconv.Atoi(x.labels["generation"])
	key := shareKey{x.gateway + "/" + x.boot, release, generation}
	s := f.shares[key]
	if x.family == "slipway_split_requests_total" {
		s.requests += x.whole(to)
	} else {
		s.admitted += x.whole(to)
	}
	f.shares[key] = s
}

// split is what each gateway split of a canary's newest share, together; ok is false if
// it has none.
func (f *flow) split(canary int) (sum shared, ok bool) {
	newest := map[string]int{}
	for key := range f.shares {
		if key.release == canary {
			newest[key.process] = max(newest[key.process], key.generation)
		}
	}
	for process, generation := range newest {
		s := f.shares[shareKey{process, canary, generation}]
		sum.requests, sum.admitted = sum.requests+s.requests, sum.admitted+s.admitted
	}
	return sum, len(newest) > 0
}

// whole is a counter's value since its process started.
func (x *track) whole(to time.Time) int64 {
	p, _ := x.at(to)
	return int64(p.value)
}

func (f *flow) of(release int) *counted {
	if f.releases[release] == nil {
		f.releases[release] = &counted{release: release}
	}
	return f.releases[release]
}

func (f *flow) at(endpoint string, release int) *counted {
	if f.endpoints[endpoint] == nil {
		f.endpoints[endpoint] = &counted{release: release}
	}
	return f.endpoints[endpoint]
}

// seen are the gateways that serve the app.
func (f *flow) seen() []TrafficGateway {
	list := []TrafficGateway{}
	for _, g := range f.gateways {
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b TrafficGateway) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
