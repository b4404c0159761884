package edge

import (
	"strconv"
	"time"

	"slipway.dev/pkg/samples"
	"slipway.dev/services/gateway/proxy"
)

// The families that are read off the proxy at each tick.
var (
	inFlight       = samples.Metric{Name: "slipway_inflight", Help: "Requests inside an endpoint."}
	streamsOpen    = samples.Metric{Name: "slipway_streams", Help: "Streams open at an endpoint."}
	breakerState   = samples.Metric{Name: "slipway_breaker_state", Help: "0: closed, 1: half-open, 2: open."}
	routeApplied   = samples.Metric{Name: "slipway_route_generation", Help: "Generation of the route that is served."}
	heldRequests   = samples.Metric{Name: "slipway_held", Help: "Requests waiting at a hold."}
	logLag         = samples.Metric{Name: "slipway_gateway_lag_events", Help: "Events of the log that are known to be stored and not yet folded."}
	balanceGap     = samples.Metric{Name: "slipway_lb_gap", Help: "Between the most and the least loaded endpoint of a release."}
	retryDenied    = samples.Metric{Name: "slipway_retry_denied_total", Help: "Retries that the budget did not allow."}
	splitRequests  = samples.Metric{Name: "slipway_split_requests_total", Help: "Requests split since the canary got its share."}
	canaryWanted   = samples.Metric{Name: "slipway_canary_wanted_total", Help: "Of the requests split, those whose user belongs to the canary."}
	canaryAdmitted = samples.Metric{Name: "slipway_canary_admitted_total", Help: "Of the requests split, those sent to the canary."}
)

type levelKey struct {
	name       string
	who        about
	generation uint64
}

// level is a number that the proxy keeps; what is not seen at a tick is over.
type level struct {
	value float64
	seen  time.Time
	row   *samples.Row
}

// look reads the proxy and returns what changed, for one tick.
func (m *meters) look(loads []proxy.Load, now time.Time) []samples.Sample {
	apps, endpoints := map[string]bool{}, map[string]bool{}
	for _, l := range loads {
		apps[l.App] = true
		m.levelsOf(l, now)
		for _, e := range l.Endpoints {
			endpoints[l.App+"/"+e.ID] = true
		}
	}
	if m.lag != nil {
		m.level(m.set.Gauge, logLag, about{}, 0, float64(m.lag()), now)
	}
	m.over(now)
	m.forget(func(who about) bool {
		return who.app == "" || who.endpoint == "" && apps[who.app] || endpoints[who.app+"/"+who.endpoint]
	}, now)
	return m.set.Take(now)
}

func (m *meters) levelsOf(l proxy.Load, now time.Time) {
	app := about{app: l.App}
	gauge, rising := m.set.Gauge, m.set.Rising
	m.level(gauge, heldRequests, app, 0, float64(l.Held), now)
	m.level(gauge, balanceGap, app, 0, float64(l.Gap), now)
	m.level(gauge, routeApplied, app, 0, float64(l.Generation), now)
	m.level(rising, retryDenied, app, 0, float64(l.Denied), now)
	for _, e := range l.Endpoints {
		who := about{l.App, e.ID, e.Release}
		m.level(gauge, inFlight, who, 0, float64(e.InFlight), now)
		m.level(gauge, streamsOpen, who, 0, float64(e.Streams), now)
		m.level(gauge, breakerState, who, 0, openness(e.Breaker), now)
	}
	if s := l.Split; s != nil {
		who := about{app: l.App, release: s.Release}
		m.level(rising, splitRequests, who, s.Generation, float64(s.Requests), now)
		m.level(rising, canaryWanted, who, s.Generation, float64(s.Wanted), now)
		m.level(rising, canaryAdmitted, who, s.Generation, float64(s.Admitted), now)
	}
}

// openness is a breaker's state as a number.
func openness(s proxy.Standing) float64 {
	switch {
	case !s.Out:
		return 0
	case s.Trial:
		return 1
	}
	return 2
}

type addRow func(samples.Metric, func() (float64, bool), ...string) *samples.Row

// level notes a number; a split's are told apart by the route that began it.
func (m *meters) level(add addRow, what samples.Metric, who about, generation uint64, v float64, now time.Time) {
	key := levelKey{what.Name, who, generation}
	l := m.levels[key]
	if l == nil {
		l = &level{}
		labels := who.labels()
		if generation > 0 {
			labels = append(labels, "generation", strconv.FormatUint(generation, 10))
		}
		l.row = add(what, func() (float64, bool) { return l.value, true }, labels...)
		m.levels[key] = l
	}
	l.value, l.seen = v, now
}

// over ends the levels of what has left the table.
func (m *meters) over(now time.Time) {
	for key, l := range m.levels {
		if !l.seen.Equal(now) {
			m.set.End(l.row)
			delete(m.levels, key)
		}
	}
}
