package view

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
)

// App is one item of AppList.
type App struct {
	App      string    `json:"app"`
	State    string    `json:"state"`
	Reason   string    `json:"reason"`
	Current  int       `json:"current,omitempty"`
	Target   int       `json:"target,omitempty"`
	Replicas Replicas  `json:"replicas"`
	URLs     []string  `json:"urls"`
	Rollout  *Rollout  `json:"rollout,omitempty"`
	Releases []Release `json:"releases"`
	Drift    []Drift   `json:"drift"`
}

// Name is the app's.
func (a App) Name() string { return a.App }

// Replicas counts instances.
type Replicas struct {
	Want  int `json:"want"`
	Ready int `json:"ready"`
}

// Rollout is a release on its way.
type Rollout struct {
	Release    int      `json:"release"`
	Step       int      `json:"step"`
	Of         int      `json:"of"`
	Want       float64  `json:"want"`
	Measured   *float64 `json:"measured,omitempty"`
	WaitingFor string   `json:"waitingFor"`
	Missing    []string `json:"missing"`
	Deadline   Time     `json:"deadline,omitzero"`
	Checks     []Check  `json:"checks"`
}

// Release is a release that has instances or serves.
type Release struct {
	Release    int      `json:"release"`
	Version    string   `json:"version"`
	State      string   `json:"state"`
	Want       float64  `json:"want"`
	Measured   *float64 `json:"measured,omitempty"`
	ErrorShare *float64 `json:"errorShare,omitempty"`
	P99Ms      *float64 `json:"p99Ms,omitempty"`
	Instances  []Member `json:"instances"`
}

// Member is an instance in its release.
type Member struct {
	ID     string `json:"id"`
	Node   string `json:"node"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	Since  Time   `json:"since"`
}

// Drift is where the world is not as the log says.
type Drift struct {
	Kind  string `json:"kind"`
	What  string `json:"what"`
	Since Time   `json:"since"`
}

// Status is an app at a moment; ok is false for one nobody has declared.
func (l *Log) Status(name string, now time.Time) (app App, ok bool) {
	a, f := l.App(name)
	if a == nil {
		return App{}, false
	}
	r := l.read(a, f, now)
	app = App{
		App: name, Current: a.Stable, Target: a.Live, URLs: orNone(l.URLs(name)), Drift: []Drift{},
		Replicas: Replicas{Want: r.Target()}, Releases: []Release{},
	}
	if a.Retired {
		app.Current = 0
	}
	for _, i := range a.Instances {
		if r.Available(i) && (i.Release == a.Stable || i.Release == a.Live) {
			app.Replicas.Ready++
		}
	}
	app.Releases = l.members(a, r)
	app.State, app.Reason = l.stateOf(a, app.Replicas)
	app.Rollout = l.rollout(a, r, now)
	if waits := l.waitsForLetters(name); len(waits) > 0 && !a.Retired {
		app.standsStill(waits[0].Detail)
	}
	if words, _ := r.Shut(); words != "" && !a.Retired {
		app.standsStill(words)
	}
	return app, true
}

// Shut is the fact by which a gateway does not serve an app's route as it is said.
func (l *Log) Shut(name string, now time.Time) (Fact, bool) {
	a, f := l.App(name)
	if a == nil || a.Retired || a.Live != 0 {
		return Fact{}, false
	}
	_, cause := l.read(a, f, now).Shut()
	return l.Fact(cause.ID)
}

// standsStill tells that something about the app is not as it is wanted. What its
// release waits for names it already.
func (a *App) standsStill(words string) {
	if a.State == "healthy" {
		a.State = "degraded"
	}
	if a.Rollout == nil {
		a.Reason += "; waits for: " + words
	}
}

// Size tells whether as many instances run as are wanted, no more and no fewer; if
// not, lacks is why one has no place, or empty.
func (l *Log) Size(name string, now time.Time) (lacks string, there bool) {
	a, f := l.App(name)
	if a == nil || a.Retired || a.Live != 0 {
		return "", true
	}
	r, ready, all := l.read(a, f, now), 0, 0
	for _, i := range a.Instances {
		if i.Release != a.Stable {
			continue
		}
		all++
		if r.Available(i) {
			ready++
		}
		if i.Lacks != "" && !i.Withdrawn {
			lacks = i.Lacks
		}
	}
	return lacks, ready == r.Target() && all == ready
}

// stateOf tells how an app is, and why.
func (l *Log) stateOf(a *deployer.App, n Replicas) (state, reason string) {
	last := a.Releases[a.Last]
	live := a.Releases[a.Live]
	switch {
	case a.Retired && len(a.Instances) > 0:
		return "progressing", "retired, instances are stopping"
	case a.Retired:
		return "stopped", "retired"
	case live != nil && live.Phase == deployer.PhasePaused:
		return "paused", withVerdicts(live)
	case live != nil && live.Phase == deployer.PhaseReturning:
		return "progressing", fmt.Sprintf("release %d is taken back: %s", live.Number, live.Why)
	case live != nil:
		return "progressing", fmt.Sprintf("release %d: %s", live.Number, withVerdicts(live))
	case a.Pending != nil:
		return "progressing", fmt.Sprintf("declaration %d is taken up", a.Pending.Number)
	case a.Stable == 0 && last != nil:
		return "failed", cmp.Or(last.AbortWhy, last.Why)
	case a.Stable == 0:
		return "progressing", "declared"
	case n.Want == 0 && a.Accepted != nil && a.Accepted.Document.External:
		return served(a)
	case n.Want == 0:
		return "stopped", "no instance is wanted"
	case n.Ready < n.Want:
		return "degraded", fmt.Sprintf("%d of %d available%s", n.Ready, n.Want, failure(a))
	}
	return "healthy", fmt.Sprintf("%d of %d available", n.Ready, n.Want)
}

// withVerdicts is the reason of a release's last fact and what its checks found last.
func withVerdicts(r *deployer.Release) string {
	if words := said(r); words != "" {
		return r.Why + "; " + words
	}
	return r.Why
}

// served tells how an app is that only endpoints from outside serve.
func served(a *deployer.App) (state, reason string) {
	n := 0
	for id := range a.Pool {
		if a.Instances[id] == nil {
			n++
		}
	}
	if n == 0 {
		return "degraded", "no endpoint from outside is available"
	}
	return "healthy", fmt.Sprintf("%d endpoints from outside", n)
}

func failure(a *deployer.App) string {
	if a.Ended == nil {
		return ""
	}
	return ", " + a.Ended.Instance + " " + a.Ended.Reason
}

// members are the releases that serve, are on their way or have instances.
func (l *Log) members(a *deployer.App, r deployer.Reading) []Release {
	list := []Release{}
	numbers := service.Sorted(a.Releases)
	slices.Reverse(numbers)
	for _, n := range numbers {
		x := a.Releases[n]
		rel := Release{Release: n, Version: x.Spec.Version, State: x.Phase, Want: share(r.Share(n)), Instances: []Member{}}
		for _, id := range service.Sorted(a.Instances) {
			if i := a.Instances[id]; i.Release == n {
				rel.Instances = append(rel.Instances, member(i))
			}
		}
		if n == a.Stable && !a.Retired || n == a.Live || len(rel.Instances) > 0 {
			list = append(list, rel)
		}
	}
	return list
}

func member(i *deployer.Inst) Member {
	m := Member{ID: i.ID, Node: i.Node, State: i.State, Reason: i.Why, Since: Time{i.Since}}
	if i.State == "blocked" {
		m.Reason = i.Lacks
	}
	if i.State == "ready" {
		m.Reason = ""
	}
	return m
}

func (l *Log) rollout(a *deployer.App, r deployer.Reading, now time.Time) *Rollout {
	live := a.Releases[a.Live]
	if live == nil {
		return nil
	}
	step, of := live.Stage()
	ro := &Rollout{Release: live.Number, Step: step, Of: of, Want: share(r.Share(live.Number)), Missing: []string{}, Checks: checksOf(live)}
	if live.Phase != deployer.PhasePaused && live.Phase != deployer.PhaseReturning {
		ro.Deadline = Time{r.Deadline(live)}
	}
	for _, w := range l.Waits(a.Name, now) {
		if ro.WaitingFor == "" {
			ro.WaitingFor = w.For
		}
		ro.Missing = append(ro.Missing, w.Detail)
	}
	return ro
}

func orNone(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}
