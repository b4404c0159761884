package view

import (
	"strconv"
	"time"

	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
)

// Deployment is one item of DeploymentList: what a wish came to.
type Deployment struct {
	App         string    `json:"app"`
	Action      string    `json:"action"`
	Release     int       `json:"release"`
	Previous    int       `json:"previous,omitempty"`
	Version     string    `json:"version"`
	Strategy    string    `json:"strategy"`
	Outcome     string    `json:"outcome"`
	Restored    bool      `json:"restored"`
	Reason      string    `json:"reason,omitempty"`
	Step        *Step     `json:"step,omitempty"`
	Serving     []Serving `json:"serving"`
	URLs        []string  `json:"urls"`
	Requests    Requests  `json:"requests"`
	Checks      []Check   `json:"checks,omitempty"`
	Plan        string    `json:"plan,omitempty"`
	Event       string    `json:"event"`
	Correlation string    `json:"correlation"`
	Actor       string    `json:"actor"`
	StartedAt   Time      `json:"startedAt"`
	EndedAt     Time      `json:"endedAt,omitzero"`
	TookMs      *int64    `json:"tookMs,omitempty"`
	Links       Links     `json:"links"`
}

// Name is the release as people write it.
func (d Deployment) Name() string { return ReleaseName(d.App, d.Release) }

// ReleaseName is a release as people write it: shop/7.
func ReleaseName(app string, release int) string { return app + "/" + strconv.Itoa(release) }

// Step is where a release stands on its way.
type Step struct {
	Index int     `json:"index"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
}

// Serving is a release that gets requests.
type Serving struct {
	Release int     `json:"release"`
	Version string  `json:"version"`
	Share   float64 `json:"share"`
}

// Requests counts an app's requests while a release was made.
type Requests struct {
	Total        int64   `json:"total"`
	Failed       int64   `json:"failed"`
	Exposed      int64   `json:"exposed"`
	ExposedShare float64 `json:"exposedShare"`
	Cut          int64   `json:"cut"`
}

// Links are where to look further.
type Links struct {
	UI   string `json:"ui,omitempty"`
	NATS string `json:"nats"`
}

// Serving are the releases of an app that get requests now, the largest share first.
func (l *Log) Serving(app string, now time.Time) []Serving {
	list := []Serving{}
	a, f := l.App(app)
	if a == nil || a.Retired {
		return list
	}
	r := l.read(a, f, now)
	for _, n := range service.Sorted(a.Releases) {
		if bp := r.Share(n); bp > 0 {
			list = append(list, Serving{n, a.Releases[n].Spec.Version, share(bp)})
		}
	}
	return list
}

// Deployment tells of a release, or of an app that has none, what came of it.
func (l *Log) Deployment(app, action string, release int, now time.Time) Deployment {
	d := Deployment{
		App: app, Action: action, Release: release, Outcome: "running",
		Serving: l.Serving(app, now), URLs: orNone(l.URLs(app)),
		Links: Links{NATS: "nats sub 'slipway.event." + app + ".>'"},
	}
	r := l.Record(app, release)
	if r == nil {
		return d
	}
	x := l.current(app, release)
	d.Previous, d.Version, d.Strategy = x.From, x.Spec.Version, x.Strategy
	d.Outcome, d.Reason, d.Actor = Outcome(x), r.reason(), l.actor(app, r)
	d.Event, d.Correlation, d.StartedAt = r.Planned.ID, r.Planned.Correlation, Time{r.Planned.At()}
	d.Checks = checksOf(x)
	step, of := x.Stage()
	d.Step = &Step{Index: step, Of: of, Share: share(r.Served)}
	d.Requests = Requests{Total: r.Total, Failed: r.Failed, Exposed: r.Exposed, Cut: r.Cut}
	if r.Total > 0 {
		d.Requests.ExposedShare = float64(r.Exposed) / float64(r.Total)
	}
	if r.Ended.ID != "" {
		d.ended(r)
	}
	return d
}

func (d *Deployment) ended(r *Record) {
	took := r.Ended.At().Sub(r.Planned.At()).Milliseconds()
	d.Event, d.EndedAt, d.TookMs = r.Ended.ID, Time{r.Ended.At()}, &took
	d.Restored = r.Restored != 0
}

// current is a release as the deployer has it, or as it was last.
func (l *Log) current(app string, release int) *deployer.Release {
	if a, _ := l.state(app); a != nil && a.Releases[release] != nil {
		return a.Releases[release]
	}
	if r := l.Record(app, release); r != nil {
		return &r.Release
	}
	return &deployer.Release{Number: release}
}

// Current is a release as the deployer has it, or as it was last.
func (l *Log) Current(app string, release int) *deployer.Release { return l.current(app, release) }
