package ratio

import (
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
)

// lagging is how many apps are declared in one round.
const lagging = 20

// BenchmarkLag: from a route or its shares stored to the fact of each gateway, stored,
// that it applies them, by the stream's own clock. The gateways' hands take no time here:
// what an endpoint's first connect and a table of that size cost is on top.
func BenchmarkLag(b *testing.B) {
	each(b, func(b *testing.B, always bool) {
		p := openPlatform(b, always)
		n := 0
		for ; b.Loop(); n += lagging {
			for i := range lagging {
				app := fmt.Sprintf("app-%d", n+i)
				must(b, p.declare(n+i, app, 1))
				p.applied(app)
			}
			p.touch()
		}
		lags := p.lags()
		if len(lags) < n*gateways {
			b.Fatalf("%d lags of %d apps", len(lags), n)
		}
		b.ReportMetric(lags.at(50)/1000, "ours-p50-ms")
		b.ReportMetric(lags.at(99)/1000, "ours-p99-ms")
		b.ReportMetric(float64(len(lags)), "ours-n")
		p.report()
	})
}

// told is a generation of an app's route, and when it was stored.
type told struct {
	app        string
	generation int
	at         time.Time
}

// lags are those of every route and gateway in the log.
func (p *platform) lags() (all series) {
	var routes []told
	done := map[string]int{} // by app and gateway: the generation applied
	for _, m := range p.all() {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil {
			err = e.Decode()
		}
		must(p.b, err)
		switch d := e.Data.(type) {
		case events.RouteDeclared:
			routes = append(routes, told{d.App, d.Generation, m.Stored})
		case events.RouteShifted:
			routes = append(routes, told{d.App, d.Generation, m.Stored})
		case events.RoutingApplied:
			of := d.App + " " + d.Gateway
			for _, r := range routes {
				if r.app == d.App && r.generation > done[of] && r.generation <= d.Generation {
					all = append(all, m.Stored.Sub(r.at))
				}
			}
			done[of] = max(done[of], d.Generation)
		}
	}
	return all
}
