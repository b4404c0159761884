package simulation

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// budget holds GUARANTEES 3 seen from the log: nobody withdraws what serves below
// what the app file allows to be missing.
type budget struct {
	docs    map[string]map[int]events.Document // app -> declaration -> document
	steers  map[string]events.Document         // app -> the one in force
	ways    map[string]string                  // app -> strategy of the release on its way
	shares  map[string][]events.RouteShare
	retired map[string]bool
	gone    map[string]bool      // instances withdrawn
	since   map[string]time.Time // when an instance was said to be ready
	single  map[string]bool      // apps of which some release was bound to one instance: their size is not the file's
}

func newBudget() *budget {
	return &budget{
		docs: map[string]map[int]events.Document{}, steers: map[string]events.Document{}, ways: map[string]string{},
		shares: map[string][]events.RouteShare{}, retired: map[string]bool{}, gone: map[string]bool{}, since: map[string]time.Time{}, single: map[string]bool{},
	}
}

// hear folds a fact; ready is what the nodes say, instance -> app/release.
func (b *budget) hear(e events.Event, ready map[string]string) error {
	switch d := e.Data.(type) {
	case events.AppDeclared:
		if b.docs[d.App] == nil {
			b.docs[d.App] = map[int]events.Document{}
		}
		b.docs[d.App][d.Declaration], b.retired[d.App] = d.Document, false
	case events.AppRetired:
		b.retired[d.App] = true
	case events.ReleasePlanned:
		b.steers[d.App], b.ways[d.App] = b.docs[d.App][d.Declaration], d.Strategy
		b.single[d.App] = b.single[d.App] || d.Spec.HasSingleVolume()
	case events.ReleaseUnchanged:
		b.steers[d.App] = b.docs[d.App][d.Declaration]
	case events.RouteShifted:
		b.shares[d.App] = d.Shares
	case events.RouteRemoved:
		b.shares[d.App] = nil
	case events.InstanceReady:
		b.since[d.Instance] = e.Stored
	case events.AssignmentWithdrawn:
		return b.withdrawn(d, ready, e.Stored)
	}
	return nil
}

// withdrawn holds a withdrawal to the budget, as it was heard when it was decided: who
// has been ready for no longer than a decider may be behind may not have been heard of.
func (b *budget) withdrawn(d events.AssignmentWithdrawn, ready map[string]string, now time.Time) error {
	was := b.gone[d.Instance]
	b.gone[d.Instance] = true
	doc := b.steers[d.App]
	if d.Cause == "drain" || d.Cause == "spare" { // one for one: vacancy holds that another serves in its place
		return nil
	}
	if was || b.single[d.App] || ready[d.Instance] == "" || !b.serves(d.App, ready[d.Instance]) || b.retired[d.App] ||
		d.Cause == "aborted" || now.Sub(b.since[d.Instance]) < events.MaxBehind || b.ways[d.App] == events.Recreate || doc.PerNode || !doc.HasHTTP() {
		return nil
	}
	left := 0
	for id, of := range ready {
		if !b.gone[id] && b.serves(d.App, of) {
			left++
		}
	}
	missing := doc.Deploy.Unavailable(doc.Replicas)
	if doc.Deploy.Rolling.Order == events.OrderStopFirst || doc.Ports["http"].HostPort != 0 || doc.Spec().HasSingleVolume() {
		missing = max(missing, 1)
	}
	if left < doc.Replicas-missing {
		return fmt.Errorf("%s of %s is withdrawn (%s): %d serving ones are left, %d - %d must", d.Instance, d.App, d.Cause, left, doc.Replicas, missing)
	}
	return nil
}

// serves tells whether a release has requests by the route.
func (b *budget) serves(app, release string) bool {
	for _, s := range b.shares[app] {
		if s.ShareBp > 0 && release == fmt.Sprintf("%s/%d", app, s.Release) {
			return true
		}
	}
	return false
}
