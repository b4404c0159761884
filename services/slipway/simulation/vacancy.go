package simulation

import (
	"fmt"

	"slipway.dev/events"
)

// vacancy holds what is promised of nodes that are emptied, seen from the log.
type vacancy struct {
	closed  map[string]bool            // nodes that get nothing new
	ignores map[string]bool            // those whose drain leaves what runs on every node
	on      map[string]map[string]bool // by node: instances that have not ended
	perNode map[string]bool            // instances of apps that run on every node
	evicted map[string]bool            // instances given up
	next    map[string]string          // instance -> the one that is to serve in its place
	instead map[string]string          // the other way round
}

func newVacancy() *vacancy {
	return &vacancy{
		closed: map[string]bool{}, ignores: map[string]bool{}, on: map[string]map[string]bool{},
		perNode: map[string]bool{}, evicted: map[string]bool{}, next: map[string]string{}, instead: map[string]string{},
	}
}

// hear folds a fact: nothing new comes to a closed node, a node called drained is
// empty, what is given up is given up once, and what moves is drained away from only
// once its successor is ready.
func (v *vacancy) hear(e events.Event, ready map[string]string) error {
	switch d := e.Data.(type) {
	case events.EvacuationCordoned:
		v.closed[d.Node] = true
	case events.EvacuationUncordoned:
		delete(v.closed, d.Node)
	case events.EvacuationStarted:
		if d.Cause == events.EvacuationDrain {
			v.closed[d.Node], v.ignores[d.Node] = true, d.IgnorePerNode
		}
	case events.EvacuationCancelled:
		if !d.Cordoned {
			delete(v.closed, d.Node)
		}
	case events.EvacuationFinished:
		return v.finished(d)
	case events.AssignmentRequested:
		v.perNode[d.Instance] = d.PerNode
		if d.Replaces != "" {
			v.next[d.Replaces], v.instead[d.Instance] = d.Instance, d.Replaces
		}
	case events.AssignmentWithdrawn:
		return v.moves(d, ready)
	case events.PlacementPlaced:
		if v.closed[d.Node] {
			return fmt.Errorf("%s is placed on %s, which gets nothing new", d.Instance, d.Node)
		}
		if v.on[d.Node] == nil {
			v.on[d.Node] = map[string]bool{}
		}
		v.on[d.Node][d.Instance] = true
	case events.PlacementEvacuated:
		if v.evicted[d.Instance] {
			return fmt.Errorf("%s is given up twice", d.Instance)
		}
		v.evicted[d.Instance] = true
		delete(v.on[d.Node], d.Instance)
	case events.InstanceStopped:
		delete(v.on[d.Node], d.Instance)
	case events.InstanceFailed:
		delete(v.on[d.Node], d.Instance)
	case events.InstanceCompleted:
		delete(v.on[d.Node], d.Instance)
	}
	return nil
}

// moves: what is taken away though it is ready has one beside it that is: its successor,
// or the one in whose place it was to serve.
func (v *vacancy) moves(d events.AssignmentWithdrawn, ready map[string]string) error {
	if d.Cause != "drain" && d.Cause != "spare" || d.Forced || ready[d.Instance] == "" || v.perNode[d.Instance] {
		return nil
	}
	next, old := v.next[d.Instance], v.instead[d.Instance]
	if ready[next] == "" && ready[old] == "" {
		return fmt.Errorf("%s is taken away (%s): neither %q, which is to serve in its place, nor %q is ready", d.Instance, d.Cause, next, old)
	}
	return nil
}

func (v *vacancy) finished(d events.EvacuationFinished) error {
	switch d.Cause {
	case events.EvacuationRemoval:
		delete(v.closed, d.Node)
	case events.EvacuationDrain:
		for id := range v.on[d.Node] {
			if !v.ignores[d.Node] || !v.perNode[id] {
				return fmt.Errorf("%s is called drained and %s has not ended", d.Node, id)
			}
		}
	}
	return nil
}
