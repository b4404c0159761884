package registry

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// probePathBytes bounds the path that gateways ask.
const probePathBytes = 256

// Verdict is what a gateway's probes have found of an endpoint from outside.
type Verdict struct {
	Good bool   `json:"good,omitempty"` // its breaker is closed
	Boot int    `json:"boot"`           // incarnation of the gateway that said so
	Why  string `json:"why,omitempty"`
}

// isProbed tells that gateways ask an endpoint whether it lives; it has no lease.
func isProbed(r events.Endpoint) bool { return r.Liveness == events.LivenessProbe }

func (x *Endpoint) probed() bool { return x.Outside && isProbed(x.Said) }

// probe folds what a gateway says of its breaker.
func (s *Pool) probe(f *Fleet, d events.OfTraffic, good bool, e events.Event) {
	x, g := s.Endpoints[d.Endpoint], f.Gateways[d.Gateway]
	if x == nil || !x.probed() || g == nil {
		return
	}
	if x.Verdicts == nil {
		x.Verdicts = map[string]Verdict{}
	}
	x.Verdicts[d.Gateway] = Verdict{Good: good, Boot: g.Boot, Why: e.Reason}
	x.Last, s.Last = service.CauseOf(e), service.CauseOf(e)
}

// proven tells that at least one live gateway reaches it. Without a live gateway nobody
// can tell, and what was said last stands. A gateway that began anew is believed for
// one TTL: by then it has asked again.
func (x *Endpoint) proven(f *Fleet, cfg Config, now time.Time) bool {
	live := f.live()
	if len(live) == 0 {
		return x.State == available
	}
	return slices.ContainsFunc(live, func(name string) bool { return x.reachedBy(name, f.Gateways[name], cfg, now) })
}

func (x *Endpoint) reachedBy(name string, g *Member, cfg Config, now time.Time) bool {
	v := x.Verdicts[name]
	return v.Good && (v.Boot == g.Boot || x.State == available && now.Before(g.JoinedAt.Add(cfg.TTL)))
}

func (x *Endpoint) unprovenWords(f *Fleet) string {
	var words []string
	for _, name := range f.live() {
		switch v, ok := x.Verdicts[name]; {
		case !ok || v.Boot != f.Gateways[name].Boot:
			words = append(words, name+" has not reached it")
		default:
			words = append(words, name+": "+v.Why)
		}
	}
	return strings.Join(words, "; ")
}

func (x *Endpoint) provenWords(f *Fleet, cfg Config, now time.Time) string {
	good, live := 0, f.live()
	for _, name := range live {
		if x.reachedBy(name, f.Gateways[name], cfg, now) {
			good++
		}
	}
	return fmt.Sprintf("%d of %d gateways reach it", good, len(live))
}

// believed is until when gateways that began anew are believed of it.
func (x *Endpoint) believed(f *Fleet, cfg Config) (times []time.Time) {
	if !x.probed() || x.State != available {
		return nil
	}
	for name, v := range x.Verdicts {
		if g := f.Gateways[name]; g != nil && v.Good && v.Boot != g.Boot {
			times = append(times, g.JoinedAt.Add(cfg.TTL))
		}
	}
	return times
}

func badProbe(r events.Endpoint) string {
	path := r.ProbePath
	switch {
	case r.Liveness == events.LivenessLease && path != "":
		return "probePath: goes with liveness probe alone"
	case r.Liveness == events.LivenessLease:
		return ""
	case !strings.HasPrefix(path, "/") || len(path) > probePathBytes:
		return fmt.Sprintf("probePath: a slash and at most %d bytes in all", probePathBytes)
	case strings.ContainsFunc(path, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' }):
		return "probePath: printable ASCII without a space or a #"
	}
	return ""
}
