package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Lesson 1.
func TestHandsWaitForTheWord(t *testing.T) {
	t.Run("bus-25 what is being stopped is not started", func(t *testing.T) { prevents(t, service.RuleRest, startOfTheStopped) })
	t.Run("bus-25 no act while a word of the key is in flight", func(t *testing.T) { prevents(t, service.RuleRest, actInFlight) })
	t.Run("bus-25 one run per id", func(t *testing.T) { prevents(t, service.RuleOnce, runTwice) })
}

// startOfTheStopped: an agent crashed between its intent and the act, and meanwhile
// the instance was withdrawn.
func startOfTheStopped(t *testing.T, copies int, off service.Rule) error {
	all := twins(t, copies, agency, off)
	elsewhere(t, all[0].log,
		events.PlacementPlaced{OfInstance: instance("web-1-a1")},
		events.InstanceStarting{OfInstance: instance("web-1-a1"), Try: 1, Boot: 1},
		events.AssignmentWithdrawn{OfInstance: instance("web-1-a1")})
	for i, r := range all {
		r.core.Sense(service.Signal{Data: boot{fmt.Sprint("boot", i)}}, r.now)
		r.ready().settle()
	}
	for _, r := range all {
		r.settle()
		if len(r.started) > 0 {
			return fmt.Errorf("%v was started", r.started)
		}
	}
	if !slices.Contains(facts(all[0].log, "node"), "instance.stopped n1/web-1-a1") {
		return errors.New("nobody said that it stopped")
	}
	return nil
}

// joinedAgents are agents of which the first has joined.
func joinedAgents(t *testing.T, copies int, off service.Rule) []*rig {
	all := twins(t, copies, agency, off)
	for _, r := range all {
		r.core.Sense(service.Signal{Data: boot{"one"}}, r.now) // a twin that was cloned, nonce and all
		r.ready()
	}
	for _, r := range all {
		r.settle()
	}
	return all
}

func actInFlight(t *testing.T, copies int, off service.Rule) error {
	all := joinedAgents(t, copies, off)
	elsewhere(t, all[0].log,
		events.PlacementPlaced{OfInstance: instance("web-1-a1")},
		events.InstanceStarting{OfInstance: instance("web-1-a1"), Try: 1, Boot: 1})
	want := []string{"start/web-1-a1"}
	for i, r := range all {
		next := fmt.Sprint("web-1-a", i+2)
		elsewhere(t, r.log, events.PlacementPlaced{OfInstance: instance(next)})
		want = append(want, "start/"+next)
		r.hear()
		says := r.next().Appends
		r.next() // asked again meanwhile
		if len(says) != 1 {
			return fmt.Errorf("%d decisions", len(says))
		}
		if len(r.started) > 0 {
			return fmt.Errorf("%v was started while %s was in flight", r.started, says[0].Events[0].Kind.Name())
		}
		r.say(says[0])
		r.settle()
		if !slices.Equal(r.started, want) {
			return fmt.Errorf("%v was started, want %v", r.started, want)
		}
	}
	return nil
}

func runTwice(t *testing.T, copies int, off service.Rule) error {
	all := joinedAgents(t, copies, off)
	elsewhere(t, all[0].log, events.PlacementPlaced{OfInstance: instance("web-1-a1")})
	for range 2 {
		for _, r := range all {
			r.settle()
		}
		elsewhere(t, all[0].log, events.PlacementPlaced{OfInstance: instance("web-1-a2")}) // touches the key again
	}
	for _, r := range all {
		r.settle()
		r.core.Done("start/web-1-a1") // it ended by itself and is still listed
		r.settle()
		if n := strings.Count(strings.Join(r.started, " "), "start/web-1-a1"); n != 1 {
			return fmt.Errorf("start/web-1-a1 ran %d times", n)
		}
	}
	return nil
}

// Lesson 2.
func TestAnAgentJoinsFirst(t *testing.T) {
	t.Run("bus-26 nothing is said before its own joined has come back", func(t *testing.T) { prevents(t, service.RuleJoined, saidBeforeJoined) })
	t.Run("bus-26 not even by its voice", func(t *testing.T) { prevents(t, service.RuleJoined, voiceBeforeJoined) })
	t.Run("bus-26 nothing is done before its own joined has come back", func(t *testing.T) { prevents(t, service.RuleJoined, doneBeforeJoined) })
}

// voiceBeforeJoined: not even that an event could not be read.
func voiceBeforeJoined(t *testing.T, copies int, off service.Rule) error {
	for _, r := range twins(t, copies, agency, off) {
		r.core.Unreadable(events.Event{Kind: events.K[events.PlacementPlaced](), App: "web", Place: "n1", Pos: events.Position{Era: 1, Seq: r.log.Len() + 1}}, "no JSON")
		if says := r.ready().next().Appends; len(says) > 0 {
			return fmt.Errorf("%s was said first", says[0].Events[0].Kind.Name())
		}
	}
	return nil
}

func saidBeforeJoined(t *testing.T, copies int, off service.Rule) error {
	all := twins(t, copies, agency, off)
	elsewhere(t, all[0].log, events.PlacementPlaced{OfInstance: instance("web-1-a1")})
	for i, r := range all {
		r.core.Sense(service.Signal{Data: boot{fmt.Sprint("boot", i)}}, r.now)
		for _, a := range r.ready().next().Appends {
			for _, e := range a.Events {
				if e.Kind.Name() != "node.joined" {
					return fmt.Errorf("%s was said first", e.Kind.Name())
				}
			}
			r.say(a)
		}
		r.settle()
	}
	names := facts(all[0].log, "node")
	if !slices.Contains(names, "instance.starting n1/web-1-a1") {
		return fmt.Errorf("it says nothing after joining: %v", names)
	}
	return once(names, "instance.")
}

// doneBeforeJoined: what an earlier boot meant to start waits for this boot's joined;
// one that another boot has replaced begins nothing any more.
func doneBeforeJoined(t *testing.T, copies int, off service.Rule) error {
	all := twins(t, copies, agency, off)
	elsewhere(t, all[0].log,
		events.PlacementPlaced{OfInstance: instance("web-1-a1")},
		events.InstanceStarting{OfInstance: instance("web-1-a1"), Try: 1, Boot: 1})
	for i, r := range all {
		if r.ready().next(); len(r.started) > 0 { // it does not even know its boot yet
			return fmt.Errorf("%v was started before its boot", r.started)
		}
		r.core.Sense(service.Signal{Data: boot{fmt.Sprint("boot", i)}}, r.now)
		r.settle()
		if !slices.Equal(r.started, []string{"start/web-1-a1"}) {
			return fmt.Errorf("after joining %v was started", r.started)
		}
	}
	if copies == 1 {
		return nil
	}
	elsewhere(t, all[0].log, events.PlacementPlaced{OfInstance: instance("web-1-a2")})
	for _, r := range all {
		r.settle()
	}
	if slices.Contains(all[0].started, "start/web-1-a2") || !slices.Contains(all[1].started, "start/web-1-a2") {
		return fmt.Errorf("the replaced boot began %v, the live one %v", all[0].started, all[1].started)
	}
	return nil
}
