package service_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

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
