package cli

import (
	"context"
	"time"

	"slipway.dev/pkg/wait"
	"slipway.dev/services/slipway/recovery"
	"slipway.dev/services/slipway/view"
)

// requestsWait is how long gateways may take to tell what they counted.
const requestsWait = 4 * time.Second

// requests are what the gateways counted from the beginning of a drill until now.
func (d *drilling) requests(ctx context.Context, x *drill, injected time.Time) (sum drillRequests) {
	end := d.Now()
	within, cancel := context.WithTimeout(ctx, requestsWait)
	defer cancel()
	m := view.NewMeter()
	for {
		next := view.NewMeter()
		if d.samples(within, next, injected.Add(-view.Lookback)) == nil {
			m = next
		}
		if !m.Newest().Before(end) || !wait.For(within, tick) {
			break
		}
	}
	if m.Newest().After(end) {
		end = m.Newest() // they count by the second
	}
	apps := x.apps
	if len(apps) == 0 {
		apps = d.log.Apps()
	}
	for _, app := range apps {
		if t, ok := d.log.Traffic(app, m, end.Sub(injected), end); ok {
			sum.Total, sum.Failed = sum.Total+t.Requests, sum.Failed+t.Failed
		}
	}
	return sum
}

// expose tells what a bad release got: the log's own counts, as deploy shows them.
func (d *drilling) expose(r *drillResult, x *drill, w *recovery.Watch) {
	if w.Release == 0 {
		return
	}
	got := d.log.Deployment(x.target, x.kind, w.Release, d.Now()).Requests
	r.Exposed = &exposure{got.Exposed, got.ExposedShare, float64(w.ShareBp) / fullBp}
	r.Holds = r.Holds && r.Exposed.holds()
}

// fullBp is the whole in basis points.
const fullBp = 10_000
