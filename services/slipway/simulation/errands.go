package simulation

import (
	"fmt"

	"slipway.dev/events"
)

// errands holds the commands of a canary's steps to their order, seen from the log: one
// is taken back only after it completed and its release was aborted, the last first, and
// none twice unless its node was lost.
type errands struct {
	hooks   map[string]events.AssignmentRequested // by instance
	aborted map[string]bool                       // by release
	ran     map[string]map[int]bool               // by release: steps whose command completed
	undone  map[string]int                        // by release: the step taken back last
	lost    map[string]bool                       // by release: an undo was lost with its node
}

func newErrands() *errands {
	return &errands{
		hooks: map[string]events.AssignmentRequested{}, aborted: map[string]bool{},
		ran: map[string]map[int]bool{}, undone: map[string]int{}, lost: map[string]bool{},
	}
}

func (x *errands) hear(e events.Event) error {
	switch d := e.Data.(type) {
	case events.ReleaseAborted:
		x.aborted[of(d.App, d.Release)] = true
	case events.AssignmentRequested:
		if d.Step == 0 {
			return nil
		}
		x.hooks[d.Instance] = d
		if d.Undo {
			return x.undo(d)
		}
	case events.InstanceCompleted:
		if h, ok := x.hooks[d.Instance]; ok && !h.Undo {
			if x.ran[of(h.App, h.Release)] == nil {
				x.ran[of(h.App, h.Release)] = map[int]bool{}
			}
			x.ran[of(h.App, h.Release)][h.Step] = true
		}
	case events.PlacementEvacuated:
		if h, ok := x.hooks[d.Instance]; ok && h.Undo {
			x.lost[of(h.App, h.Release)] = true
		}
	}
	return nil
}

func (x *errands) undo(d events.AssignmentRequested) error {
	release := of(d.App, d.Release)
	last := x.undone[release]
	x.undone[release] = d.Step
	switch {
	case !x.aborted[release]:
		return fmt.Errorf("step %d of %s is taken back, and it was not aborted", d.Step, release)
	case !x.ran[release][d.Step]:
		return fmt.Errorf("step %d of %s is taken back, and its command did not complete", d.Step, release)
	case last > 0 && d.Step >= last && !(x.lost[release] && d.Step == last):
		return fmt.Errorf("step %d of %s is taken back after step %d", d.Step, release, last)
	}
	return nil
}

func of(app string, release int) string { return fmt.Sprintf("%s/%d", app, release) }
