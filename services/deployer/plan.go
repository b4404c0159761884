package deployer

import (
	"fmt"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// How a release came about.
const (
	howDeploy   = "deploy"
	howRollback = "rollback"
	howRetry    = "retry"
)

// takeUp makes a release of the newest declaration. A live one is taken back first:
// two never run beside each other.
func (v view) takeUp() (say service.Says) {
	p := v.Pending
	if p == nil || v.Retired {
		return say
	}
	if r := v.Releases[v.Live]; r != nil {
		switch r.Phase {
		case promoted:
			return v.finish(r)
		case returning:
			return say
		}
		say.Because(p.Cause, "declaration %d stands", p.Number).Fact(v.abort(r, causeSuperseded, "", ""))
		return say
	}
	if say, wait := v.awaitUsed(p); wait {
		return say
	}
	if reasons := v.refusals(p.Document); len(reasons) > 0 {
		say.Because(p.Cause, "%s", refusalWords(reasons)).
			Fact(events.ReleaseRefused{OfRelease: v.ref(&Release{Number: v.Last + 1}), Reasons: reasons})
		return say
	}
	revision := p.Document.Revision()
	if r := v.Releases[v.Stable]; r != nil && r.Revision == revision && !p.Force {
		say.Because(p.Cause, "release %d is of this revision", r.Number).
			Fact(events.ReleaseUnchanged{OfRelease: v.ref(r), Declaration: p.Number, Drift: driftOf(p.Document)})
		return say
	}
	if r := v.warmOf(revision); r != nil && !p.Force {
		return v.flipTo(r, p.Cause, "declared again while release "+itoa(r.Number)+" is warm")
	}
	return v.release(p.Cause, revision, p.Document.Spec(), p, howDeploy, p.Document.Deploy.Strategy, "declared "+p.By)
}

// release plans one: its number, what it runs, the way to it.
func (v view) release(c service.Cause, revision string, spec events.Spec, d *Declaration, how, strategy, why string) (say service.Says) {
	order, because := orderOf(d.Document, spec)
	target := v.targetOf(d.Document, 0)
	if spec.HasSingleVolume() {
		target = min(target, 1)
	}
	say.Because(c, "%s, %s of %d%s", why, strategy, target, because).Fact(events.ReleasePlanned{
		OfRelease: v.ref(&Release{Number: v.Last + 1}), Declaration: d.Number, Revision: revision,
		SpecHash: revision, Spec: v.meshed(spec), Strategy: strategy, Order: order, From: v.Stable,
		Skipped: v.Skipped, How: how, Target: target, Drift: driftOf(d.Document),
	})
	return say
}

// driftOf is what the nodes are told of drift: nothing if it is repaired.
func driftOf(d events.Document) string {
	if d.Drift == events.DriftRepair {
		return ""
	}
	return d.Drift
}

// orderOf is which of new and old goes first, and why where it was chosen for a volume.
func orderOf(d events.Document, spec events.Spec) (order, because string) {
	switch {
	case d.Deploy.Rolling.Order != "":
		return d.Deploy.Rolling.Order, ""
	case spec.HasSingleVolume():
		return events.OrderStopFirst, ", stop-first for its single volume"
	case spec.HasFixedPort():
		return events.OrderStopFirst, ""
	}
	return events.OrderStartFirst, ""
}

// refusals are all reasons why a document can make no release here.
func (v view) refusals(d events.Document) (reasons []events.Refusal) {
	if d.HasHTTP() {
		reasons = append(reasons, v.fleet.taken(v.Name, v.rules(d, 0))...)
	}
	reasons = append(reasons, v.insecure(d)...)
	reasons = append(reasons, v.unknownRefused(d)...)
	if !d.HasProgram() {
		return reasons // nothing runs on any node
	}
	live, able, fits := 0, 0, 0
	for _, name := range service.Sorted(v.fleet.Nodes) {
		n := v.fleet.Nodes[name]
		if n.Gone() {
			continue
		}
		live++
		if !n.Runs(d.Driver) {
			continue
		}
		able++
		if n.Holds(d.Resources) {
			fits++
		}
	}
	switch {
	case live > 0 && able == 0:
		reasons = append(reasons, events.Refusal{Code: "no-driver", Field: "driver", Text: fmt.Sprintf("none of %d nodes runs driver %s", live, d.Driver)})
	case able > 0 && fits == 0:
		reasons = append(reasons, events.Refusal{Code: "never-fits", Field: "resources", Text: fmt.Sprintf("%s is more than any of %d nodes has", resourceWords(d.Resources), able)})
	}
	return append(reasons, v.volumesElsewhere(d)...)
}

// insecure names the ports that are to be served by TLS where no gateway does.
func (v view) insecure(d events.Document) (reasons []events.Refusal) {
	for _, name := range service.Sorted(d.Ports) {
		if d.Ports[name].TLS == events.TLSAuto && len(v.fleet.Secure) == 0 {
			reasons = append(reasons, events.Refusal{
				Code: "no-tls", Field: "ports." + name + ".tls",
				Text: "no gateway serves by TLS: start one with --listen-tls and --acme-directory or --cert-dir",
			})
		}
	}
	return reasons
}

// rollback returns to an earlier release: at once if it is warm, by one flip onto new
// instances within the window, by the app's strategy beyond it. One that is baked is
// aborted: what served before it is kept for that.
func (v view) rollback(w events.Event, d events.WishRollbackRequested) (say service.Says) {
	c := service.CauseOf(w)
	no := func(cause, why string) service.Says {
		say.Because(c, "%s", why).Fact(events.RollbackRefused{
			OfRelease: v.ref(&Release{Number: v.Stable}), Cause: cause, Kept: v.kept(),
		})
		return say
	}
	if live := v.Releases[v.Live]; live != nil && v.bakes(live) {
		if cause, why := v.bakedTo(live, d.To); cause != "" {
			return no(cause, why)
		}
		say.Because(c, "%s", orWords(d.Message, "rolled back by "+w.Actor)).Fact(v.abort(live, causeOperator, w.Actor, d.Message))
		return say
	}
	if v.Live != 0 || v.Retired || v.Accepted == nil {
		return no("busy", "no rollback now: "+v.situation())
	}
	r := v.goal(d.To)
	switch {
	case r == nil && d.To != 0:
		return no("gone", fmt.Sprintf("release %d is not kept; kept are %s", d.To, strings.Trim(fmt.Sprint(v.kept()), "[]")))
	case r == nil:
		return no("none", "no earlier release of another revision")
	case r.Number == v.Stable:
		return no("serving", fmt.Sprintf("release %d serves already", r.Number))
	}
	why := orWords(d.Message, "rolled back by "+w.Actor)
	if w := v.warmOf(r.Revision); w != nil { // the same thing under another number, running
		return v.flipTo(w, c, why)
	}
	strategy, how := events.BlueGreen, howRollback
	if v.age(r) > v.policy().Keep.Window { // a release like any other
		strategy, how = v.policy().Strategy, howDeploy
	}
	if strategy == events.BlueGreen && r.Spec.HasSingleVolume() {
		strategy = events.Recreate // two at once would share what is one's alone
	}
	return v.release(c, r.Revision, r.Spec, v.Accepted, how, strategy, why)
}

// goal is the release a rollback leads to.
func (v view) goal(to int) *Release {
	if to != 0 {
		if r := v.Releases[to]; r != nil && r.Reached {
			return r
		}
		return nil
	}
	stable := v.Releases[v.Stable]
	numbers := service.Sorted(v.Releases)
	for k := len(numbers) - 1; k >= 0; k-- {
		r := v.Releases[numbers[k]]
		served := r.Phase == warm || r.Phase == cold || r.Phase == completed
		if served && r.Reached && stable != nil && r.Number != stable.Number && r.Revision != stable.Revision {
			return r
		}
	}
	return nil
}

// kept are the releases a rollback can reach.
func (v view) kept() (l []int) {
	for _, n := range service.Sorted(v.Releases) {
		if v.Releases[n].Reached && n != v.Stable {
			l = append(l, n)
		}
	}
	return l
}

// age counts the releases that served after r.
func (v view) age(r *Release) (n int) {
	for number, x := range v.Releases {
		if x.Reached && number > r.Number {
			n++
		}
	}
	return n
}

func (v view) warmOf(revision string) *Release {
	for _, r := range v.warm() {
		if r.Revision == revision && v.ableWarm(r) {
			return r
		}
	}
	return nil
}

// ableWarm tells whether a warm release could carry everything this moment. One that
// was taken back before it was promoted is kept to be looked at, not to be served by.
func (v view) ableWarm(r *Release) bool {
	return r.isWarm() && r.Reached && len(v.of(r.Number).keep(v.available)) >= v.size(r)
}

// flipTo gives a warm release all requests; flip does the rest once that has settled.
func (v view) flipTo(r *Release, c service.Cause, why string) (say service.Says) {
	if v.routed() && !v.routes(r) {
		return v.shift(just(r), c, "%s", why)
	}
	if !v.routed() {
		say.Because(c, "%s", why).Fact(v.fast(r))
	}
	return say
}

func (v view) fast(r *Release) events.ReleasePromoted {
	return events.ReleasePromoted{
		OfRelease: v.ref(r), How: fastRolledBack, Target: v.size(r),
		Available: len(v.of(r.Number).keep(v.available)), Route: v.Route.Generation,
	}
}

// flipping is the warm release that has been given all requests; nil for none.
func (v view) flipping() *Release {
	for _, r := range v.warm() {
		if v.Live == 0 && v.routed() && v.routes(r) {
			return r
		}
	}
	return nil
}

// flip finishes a return to a warm release: nothing is started, roles change.
func (v view) flip() (say service.Says) {
	if v.Live != 0 || v.Retired || v.Accepted == nil {
		return say
	}
	if r := v.flipping(); r != nil {
		if !v.settled() {
			return v.waitSettled(v.id(r))
		}
		say.Because(v.Route.Cause, "route %d settled, %d warm instances serve", v.Route.Generation, len(v.of(r.Number))).Fact(v.fast(r))
		return say
	}
	for _, n := range service.Sorted(v.Releases) {
		r := v.Releases[n]
		if r.Phase != completed || n == v.Stable {
			continue
		}
		c := v.Counts[n]
		if c == nil {
			c = &Count{}
		}
		keep, until := v.policy().Keep, v.now
		rb := events.ReleaseRolledBack{OfRelease: v.ref(r), To: v.Stable, TookMs: v.now.Sub(v.Route.At).Milliseconds(), Requests: c.Requests, RequestsFailed: c.Failed}
		if keep.Warm > 0 && keep.WarmForMs > 0 {
			rb.WarmUntil = until.Add(ms(keep.WarmForMs)).UTC()
		}
		say.Because(v.Releases[v.Stable].Cause, "release %d serves again", v.Stable).Fact(rb)
		return say
	}
	return say
}
