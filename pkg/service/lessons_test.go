package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
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
		r.core.Unreadable(events.K[events.PlacementPlaced](), "web", "n1", events.Position{Era: 1, Seq: r.log.Len() + 1}, "no JSON")
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

// Lesson 4.
func TestSilenceMeansNothingAtFirst(t *testing.T) {
	for name, interrupted := range map[string]func(r *rig){
		"bus-28 after a start nobody is silent for one TTL": func(r *rig) {
			r.now = r.now.Add(time.Minute)
			r.restart(nil)
		},
		"bus-28 after a gap or a reconnect nobody is silent for one TTL": func(r *rig) {
			r.now = r.now.Add(time.Minute)
			r.core.Sense(service.Signal{Data: service.Gap{}}, r.now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			prevents(t, service.RuleGrace, func(t *testing.T, copies int, off service.Rule) error {
				return silence(t, copies, off, interrupted)
			})
		})
	}
}

func silence(t *testing.T, copies int, off service.Rule, interrupted func(*rig)) error {
	all := twins(t, copies, watching, off)
	elsewhere(t, all[0].log, events.NodeJoined{
		OfNode: events.OfNode{Node: "n1"}, Incarnation: 1,
		NodeDescription: events.NodeDescription{Address: "127.0.0.1", Arch: "amd64", Os: "linux", Drivers: []string{"process"}},
	})
	lapsed := func() int { return len(facts(all[0].log, "registry")) }
	for _, r := range all {
		r.core.Sense(service.Signal{Data: service.Heard{Kind: "node", Holder: "n1"}}, r.now)
		r.ready().settle()
		if lapsed() > 0 {
			return errors.New("lapsed though just heard")
		}
	}
	for _, r := range all {
		interrupted(r)
	}
	for _, r := range all {
		r.settle()
		r.now = r.now.Add(events.LeaseTTL)
		r.settle()
		if lapsed() > 0 {
			return errors.New("lapsed within a TTL of the interruption")
		}
	}
	for _, r := range all {
		r.now = r.now.Add(time.Millisecond)
		r.settle()
	}
	if lapsed() != 1 {
		return fmt.Errorf("after a TTL of silence it lapsed %d times", lapsed())
	}
	return nil
}

// Lesson 5.
func TestNothingIsDecidedFarBehind(t *testing.T) {
	t.Run("bus-29 behind nothing is decided, caught up each touched key once", func(t *testing.T) {
		prevents(t, service.RuleBehind, func(t *testing.T, copies int, off service.Rule) error {
			asked := map[string]int{}
			all := twins(t, copies, func() service.Service {
				return pausingWith(func(app string) { asked[app]++ })
			}, off)
			elsewhere(t, all[0].log, registered("web"), registered("api"))
			for _, r := range all {
				r.ready()
				r.core.SetBehind(true)
				r.next()
				if len(asked) > 0 {
					return fmt.Errorf("asked about %v while behind", asked)
				}
				r.core.SetBehind(false)
				if says := r.next().Appends; len(says) != 2 || asked["web"] != 1 || asked["api"] != 1 {
					return fmt.Errorf("%d decisions, asked %v", len(says), asked)
				}
				clear(asked)
			}
			return nil
		})
	})
}

// Lesson 7.
func TestTwinsDecideInOneOrder(t *testing.T) {
	const seeds = 100 // a tenth of what bus-31 asks for
	t.Run("bus-31 twins say the same bytes in the same order", func(t *testing.T) {
		prevents(t, service.RuleSorted, func(t *testing.T, copies int, off service.Rule) error {
			for seed := range seeds {
				var said []string
				for range max(copies, 2) { // alone: the same copy, started again
					r := newRig(t, pausing(), sim.NewLog(), off)
					for app := range 5 + seed%7 {
						elsewhere(t, r.log, registered(fmt.Sprint("app", (app*31+seed)%97)))
					}
					said = append(said, bytesOf(t, r.ready().next().Appends))
				}
				if said[0] != said[1] {
					return fmt.Errorf("seed %d: twins differ", seed)
				}
			}
			return nil
		})
	})
}

func bytesOf(t *testing.T, says []service.Append) string {
	var all strings.Builder
	for _, a := range says {
		for _, e := range a.Events {
			b, err := events.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
	}
	return all.String()
}

// What a service has said it hears before it decides again: live order is replay
// order.
func TestEverythingSaidComesBackFirst(t *testing.T) {
	prevents(t, service.RuleVoice, func(t *testing.T, copies int, off service.Rule) error {
		all := twins(t, copies, pausing, off)
		for _, r := range all {
			elsewhere(t, r.log, registered("web"))
			first := r.ready().next().Appends
			if len(first) != 1 {
				return fmt.Errorf("%d decisions", len(first))
			}
			if again := r.next().Appends; len(again) != 0 {
				return errors.New("said again while in flight")
			}
			r.say(first[0])
			if again := r.next().Appends; len(again) != 0 {
				return errors.New("said again before it came back")
			}
			r.settle()
		}
		return once(facts(all[0].log, "deployer"), "")
	})
}
