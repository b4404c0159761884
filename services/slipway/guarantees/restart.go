package guarantees

import (
	"time"

	"slipway.dev/events"
)

// waiting is an instance that is to be started again.
type waiting struct {
	app, node string
	since     time.Time
	asked     time.Duration // of it, what the app itself asks to wait
	seq       uint64
}

// waits are instances that are to be started again, by name.
type waits map[string]*waiting

// startsAgain ends a wait; what ends otherwise is nobody's delay.
func (w waits) startsAgain(f *Fold, row string, e events.Event) {
	switch d := e.Data.(type) {
	case events.InstanceBackingOff:
		if x := w[d.Instance]; x != nil {
			x.asked += max(0, d.Until.Sub(e.At()))
		}
	case events.InstanceStarting:
		if x := w[d.Instance]; x != nil {
			f.late(row, x.app, e.At(), e.At().Sub(x.since)-x.asked, x.seq)
			delete(w, d.Instance)
		}
	case events.InstanceFailed:
		delete(w, d.Instance)
	case events.InstanceCompleted:
		delete(w, d.Instance)
	case events.InstanceStopping:
		delete(w, d.Instance)
	case events.InstanceStopped:
		delete(w, d.Instance)
	case events.PlacementEvacuated:
		delete(w, d.Instance)
	case events.AssignmentWithdrawn:
		delete(w, d.Instance)
	case events.LeaseLapsed: // a lost node is another promise
		for id, x := range w {
			if d.Kind == "node" && x.node == d.Name {
				delete(w, id)
			}
		}
	}
}

// overdue adds what should have started by now.
func (w waits) overdue(f *Fold, row string, now time.Time) {
	for _, x := range w {
		late := now.Sub(x.since) - x.asked
		if float64(late.Milliseconds()) > f.tallies[row].row.Bound.Value {
			f.late(row, x.app, now, late, x.seq)
		}
	}
}

// restarts are instances that died: row 13.
type restarts struct{ waits }

func newRestarts() *restarts { return &restarts{waits{}} }

func (r *restarts) hear(f *Fold, e events.Event) {
	r.startsAgain(f, restarted, e)
	if d, ok := e.Data.(events.InstanceExited); ok && !d.Planned {
		r.waits[d.Instance] = &waiting{app: d.App, node: d.Node, since: e.At(), seq: e.Pos.Seq}
	}
}

func (r *restarts) standing(f *Fold, now time.Time) { r.overdue(f, restarted, now) }

// drifts are instances that were killed behind a node's back: row 1. killed are those
// that a drill has killed, which the node is to find.
type drifts struct {
	waits
	killed map[string]*waiting
}

func newDrifts() *drifts { return &drifts{waits{}, map[string]*waiting{}} }

func (r *drifts) hear(f *Fold, e events.Event) {
	r.startsAgain(f, driftRepaired, e)
	switch d := e.Data.(type) {
	case events.DriftFound:
		if d.Kind == "missing" {
			r.waits[d.Instance] = &waiting{app: d.App, node: d.Node, since: e.At(), seq: e.Pos.Seq}
		}
	case events.DriftAccepted:
		delete(r.waits, d.Instance)
	case events.DrillBegun:
		if d.Kind == events.DrillKillInstance {
			r.killed[d.Instance] = &waiting{app: d.App, since: e.At(), seq: e.Pos.Seq}
		}
	case events.InstanceExited:
		if x := r.killed[d.Instance]; x != nil {
			f.late(driftFound, x.app, e.At(), e.At().Sub(x.since), x.seq)
			delete(r.killed, d.Instance)
		}
	}
}

func (r *drifts) standing(f *Fold, now time.Time) {
	r.overdue(f, driftRepaired, now)
	waits(r.killed).overdue(f, driftFound, now)
}
