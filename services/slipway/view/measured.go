package view

import "time"

// Measure adds to an app what the gateways counted of its releases in the window before
// the newest sample. Where nothing was counted nothing is said.
func (l *Log) Measure(app *App, m *Meter, window time.Duration, now time.Time) {
	a, f := l.App(app.App)
	if a == nil {
		return
	}
	to := m.until(now)
	flow := m.flow(app.App, to.Add(-window), to)
	measured := map[int]*float64{}
	recent, _ := m.recent(a, flow, to.Add(-window), to)
	for _, s := range splits(a, l.read(a, f, now), recent) {
		if s.Requests > 0 {
			measured[s.Release] = &s.Measured
		}
	}
	for i := range app.Releases {
		r := &app.Releases[i]
		r.Measured = measured[r.Release]
		if c := flow.of(r.Release); c.requests > 0 {
			errors, p99 := part(c.failed, c.requests), c.quantile(0.99)
			r.ErrorShare, r.P99Ms = &errors, &p99
		}
	}
	if app.Rollout != nil {
		app.Rollout.Measured = measured[app.Rollout.Release]
	}
}

// until is the end of a window: the newest sample, or now where there is none.
func (m *Meter) until(now time.Time) time.Time {
	if m.newest.IsZero() || m.newest.After(now) {
		return now
	}
	return m.newest
}
