package deployer

import (
	"strconv"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// view is an app at a moment: what a decision looks at.
type view struct {
	*App
	fleet *Fleet
	cfg   Config
	now   time.Time
}

// insts is a list of instances, sorted by id.
type insts []*Inst

func (l insts) keep(f func(*Inst) bool) (kept insts) {
	for _, i := range l {
		if f(i) {
			kept = append(kept, i)
		}
	}
	return kept
}

// of are the service instances of a release that have not ended; one that is to serve
// in place of another counts from the moment the other is withdrawn.
func (a *App) of(release int) insts {
	return a.all().keep(func(i *Inst) bool {
		return i.Release == release && i.Role == events.RoleService && !a.standsBy(i)
	})
}

// standsBy tells whether an instance waits to serve in place of another that is wanted.
func (a *App) standsBy(i *Inst) bool {
	old := a.Instances[i.Replaces]
	return wanted(i) && old != nil && wanted(old)
}

func (a *App) all() (l insts) {
	for _, id := range service.Sorted(a.Instances) {
		l = append(l, a.Instances[id])
	}
	return l
}

func wanted(i *Inst) bool { return !i.Withdrawn }

// existing are all service instances that have not ended, stopping ones included,
// but for those of other releases that are spared, and those that stand by.
func (v view) existing(of *Release) insts {
	return v.all().keep(func(i *Inst) bool {
		r := v.Releases[i.Release]
		return i.Role == events.RoleService && !v.standsBy(i) && (i.Release == of.Number || r == nil || !v.spared(r) || i.Withdrawn)
	})
}

func (r *Release) isWarm() bool {
	return !r.WarmUntil.IsZero() && (r.Phase == warm || r.Phase == rolledBack)
}

// available tells whether an instance is ready on its node's live boot, unbroken
// for minReady, its node's lease not lapsed.
func (v view) available(i *Inst) bool {
	return !i.Withdrawn && v.lives(i) && !v.now.Before(v.availableAt(i))
}

// lives tells whether an instance is ready on a live boot of a node not silent.
func (v view) lives(i *Inst) bool {
	n := v.fleet.Nodes[i.Node]
	return i.State == "ready" && n != nil && n.Alive && n.Boot == i.Boot
}

func (v view) availableAt(i *Inst) time.Time {
	unbroken := time.Duration(0)
	if r := v.Releases[i.Release]; r != nil {
		unbroken = ms(r.Spec.Health.MinReadyMs)
		if i.Crashed && !r.Reached {
			unbroken = max(unbroken, trustAfter)
		}
	}
	return i.ReadyAt.Add(unbroken)
}

// trustAfter is how long an instance that has crashed must be ready before it counts
// for a release that has never served alone: one that crashes again and again is ready
// for a while each time.
const trustAfter = 30 * time.Second

// silent tells whether nobody can tell how an instance is: its node's lease lapsed.
func (v view) silent(i *Inst) bool {
	n := v.fleet.Nodes[i.Node]
	return n != nil && !n.Alive && !n.Left
}

// serving tells whether an available instance can take over from another: for a
// routed app it must be in every applied pool.
func (v view) serving(i *Inst) bool {
	if !v.available(i) {
		return false
	}
	return !v.routed() || i.Address == "" || v.Pool[i.ID] > 0 && v.Pool[i.ID] <= v.Route.Pool
}

// target is how many instances the app wants now.
func (v view) target() int { return v.targetFor(v.current()) }

func (v view) targetFor(release int) int {
	if v.Retired || v.Accepted == nil {
		return 0
	}
	return v.targetOf(v.Accepted.Document, release)
}

// size is how many instances of one release the app wants: one whose volume belongs to
// a single instance is never larger, whatever a newer declaration asks for.
func (v view) size(r *Release) int {
	switch {
	case r == nil:
		return v.target()
	case r.Spec.HasSingleVolume():
		return min(v.targetFor(r.Number), 1)
	}
	return v.targetFor(r.Number)
}

func (v view) targetOf(d events.Document, release int) int {
	if d.PerNode {
		return v.eligible(d, release)
	}
	return d.Replicas
}

// eligible counts the nodes that could run the app, and those that get nothing new or
// are silent while they have an instance of the release.
func (v view) eligible(d events.Document, release int) (n int) {
	has := map[string]bool{}
	for _, i := range v.of(release).keep(wanted) {
		has[i.Node] = true
	}
	for name, node := range v.fleet.Nodes {
		if node.Runs(d.Driver) && node.Meets(d.Placement.Require) && (node.Open() || has[name] && !node.Gone() && !node.Lost()) {
			n++
		}
	}
	return n
}

// routed tells whether gateways send requests to the app.
func (v view) routed() bool { return v.Accepted != nil && v.Accepted.Document.HasHTTP() }

func (v view) settled() bool { return v.Route.Settled >= v.Route.Generation }

func (v view) policy() events.DeployPolicy { return v.Accepted.Document.Deploy }

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// instanceID names an attempt at a replica: web-7-b3 is the second at replica 3.
func instanceID(app string, release, attempt, ordinal int) string {
	return app + "-" + strconv.Itoa(release) + "-" + letters(attempt) + strconv.Itoa(ordinal)
}

// letters counts a, b … z, aa, ab …
func letters(n int) (s string) {
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('a'+(n-1)%26)) + s
	}
	return s
}

// ordinalOf is the replica an instance id names; 0 for a hook's.
func ordinalOf(id string) int {
	last := id[strings.LastIndexByte(id, '-')+1:]
	n, err := strconv.Atoi(strings.TrimLeft(last, "abcdefghijklmnopqrstuvwxyz"))
	if err != nil {
		return 0
	}
	return n
}

// Waits of a decision, in the words of status.
const (
	waitsArtifact   = "artifact"
	waitsPlacement  = "placement"
	waitsReadiness  = "readiness"
	waitsGateway    = "gateway"
	waitsSettlement = "settlement"
	waitsApproval   = "approval"
	waitsDrain      = "drain"
	waitsTime       = "gate"
)

func (v view) id(r *Release) string { return v.Name + "/" + strconv.Itoa(r.Number) }
