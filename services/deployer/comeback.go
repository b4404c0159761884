package deployer

import (
	"time"

	"slipway.dev/pkg/service"
)

// comesBackWithin is how long a rollout counts on an old instance that was ready and has
// ended: its first back-off of a second, its start, and two checks a second apart, twice
// over for a machine on which all of them start at once.
const comesBackWithin = 10 * time.Second

// fell notes when an instance ceased to be ready. One that ends again before it can be
// trusted, or a second time while one release is on its way, is not counted on again: a
// crash loop would hold a rollout for ever.
func (a *App) fell(i *Inst, now time.Time) {
	if i.State != "ready" {
		return
	}
	live := a.Releases[a.Live]
	trusted := now.Sub(i.ReadyAt) >= trustAfter && (live == nil || i.Fell.Before(live.Planned))
	if i.Fell.IsZero() || trusted {
		i.Fell = now
	}
}

// comesBack tells whether an instance that has ended serves again in a moment, as far as
// anybody knows: it was ready, and its node, which lives, starts it again. One of a
// release on its way back is not waited for.
func (v view) comesBack(i *Inst) bool {
	r, n := v.Releases[i.Release], v.fleet.Nodes[i.Node]
	switch i.State {
	case "exited", "backing-off", "starting", "started":
		return wanted(i) && n != nil && n.Alive && (r == nil || r.Phase != returning) && v.now.Before(v.comesBackBy(i))
	}
	return false
}

// comesBackBy is until when an instance that has ended is counted on: zero for one that
// never served.
func (v view) comesBackBy(i *Inst) time.Time {
	if i.Fell.IsZero() {
		return time.Time{}
	}
	return i.Fell.Add(comesBackWithin)
}

// waitComeback names the old instances that are counted on.
func (v view) waitComeback(say *service.Says, r *Release, old insts) {
	for _, i := range old.keep(v.comesBack) {
		say.Waits(v.id(r), waitsReadiness, "%s on %s to serve again, until %s", i.ID, i.Node, v.comesBackBy(i).Format(time.TimeOnly))
	}
}
