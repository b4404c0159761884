package sim_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// storm plays a world of routers with all its faults, heals it and lets it converge.
func storm(t *testing.T, seed uint64, copies int, faults sim.Faults) *sim.World {
	w := sim.New(seed, faults)
	var hosts []*sim.Host
	for i := range copies {
		hosts = append(hosts, w.Add(fmt.Sprint("deployer-", i), routing, nil))
	}
	said := map[string]uint64{}
	say := func(app string, p events.Payload) {
		said[app]++
		e := sim.Fact(p, said[app], sim.Start)
		w.Say(t.Fatalf, e.Guard(), e)
	}
	for i := range 40 {
		app, release := fmt.Sprint("app", i%3), i/3+1
		w.After(time.Duration(i)*100*time.Millisecond, func() {
			say(app, events.EndpointRegistered{Endpoint: endpoint(app, release)})
			if i%4 == 0 {
				say(app, events.EndpointRemoved{Endpoint: endpoint(app, release)})
			}
		})
		h := hosts[i%copies]
		switch {
		case faults == (sim.Faults{}):
		case i%7 == 3:
			w.After(time.Duration(i)*97*time.Millisecond, func() { h.Crash(300 * time.Millisecond) })
		case i%11 == 5:
			w.After(time.Duration(i)*101*time.Millisecond, func() { h.CutOff(700 * time.Millisecond) })
		}
	}
	w.Run(5 * time.Second)
	w.Heal()
	w.Run(time.Minute)
	if w.Err != nil {
		t.Fatal(w.Err)
	}
	for _, h := range hosts {
		if h.Core().Position().Seq != w.Log.Len() {
			t.Fatalf("seed %d: %s stands at %s, the log at %d", seed, h.Name, h.Core().Position(), w.Log.Len())
		}
	}
	return w
}

// bus-24: the same seed gives the same log, byte for byte.
func TestSameSeedSameLog(t *testing.T) {
	for seed := range uint64(20) {
		a, b := storm(t, seed, 2, sim.Mild), storm(t, seed, 2, sim.Mild)
		if !bytes.Equal(a.Log.Bytes(), b.Log.Bytes()) || a.Log.Len() == 0 {
			t.Fatalf("seed %d gave %d and %d events, not the same bytes", seed, a.Log.Len(), b.Log.Len())
		}
	}
	if bytes.Equal(storm(t, 1, 2, sim.Mild).Log.Bytes(), storm(t, 2, 2, sim.Mild).Log.Bytes()) {
		t.Error("two seeds gave one log")
	}
}

// Whatever goes wrong, in the end copies stand where one alone would have come, and
// nothing was said twice on the way.
func TestStormsConverge(t *testing.T) {
	wild := sim.Faults{LostAnswer: 200, Cut: 200, Duplicate: 200, Latency: 20 * time.Millisecond, Slow: 20}
	for seed := range uint64(50) {
		w := storm(t, seed, 1+int(seed%3), wild)
		seen := map[string]bool{}
		for seq := uint64(1); seq <= w.Log.Len(); seq++ {
			e := w.Log.At(seq)
			if name := e.StreamSubject() + e.Subject; seen[name] || seen[e.ID] {
				t.Fatalf("seed %d: #%d %s %s stands there twice", seed, seq, e.Kind.Name(), e.Subject)
			} else {
				seen[name], seen[e.ID] = true, true
			}
		}
		c := service.NewCore(routing())
		for seq := uint64(1); seq <= w.Log.Len(); seq++ {
			c.Hear(w.Log.At(seq))
		}
		for _, app := range c.Machines()[0].Keys() {
			s, _ := service.StateOf[router, struct{}](c.Machines()[0], app)
			if n := len(s.Shifted) + len(s.TakenBack); n < len(s.Offered) || len(s.Superseded) != len(s.TakenBack) {
				t.Fatalf("seed %d: %s came to %+v", seed, app, s)
			}
		}
	}
}

// A load window reaches who listens, unless it is cut off.
func TestMeasure(t *testing.T) {
	var heard []int
	svc := func() service.Service {
		return service.Service{
			Name: "deployer", Version: 1, Telemetry: []string{"slipway.telemetry.metrics.load.*"},
			New: func() []service.Machine {
				return []service.Machine{service.Of(service.Decider[struct{}, struct{}]{
					Owner:   "deployer",
					New:     func(string) *struct{} { return &struct{}{} },
					Guard:   func(string) string { return events.Guard("deployer", "web", "") },
					Keys:    func(events.Event) []string { return []string{"web"} },
					Touches: func(service.Signal) []string { return []string{"web"} },
					Evolve:  func(string, *struct{}, *struct{}, events.Event) {},
					Sense: func(_ *struct{}, _ *struct{}, s service.Signal, _ time.Time) {
						if m, ok := s.Data.(service.Measured); ok {
							heard = append(heard, m.Data.(events.Load).Release)
						}
					},
				})}
			},
		}
	}
	w := sim.New(3, sim.Faults{})
	h := w.Add("deployer-0", svc, nil)
	w.Run(time.Second)
	tell := func(subject string, release int) {
		w.Measure(subject, service.Measured{Data: events.Load{App: "web", Release: release}})
		w.Run(time.Second)
	}
	tell(events.LoadSubject("web"), 1)
	tell(events.SamplesSubject("gateway", "gw1"), 2)
	h.CutOff(10 * time.Second)
	tell(events.LoadSubject("web"), 3)
	w.Run(10 * time.Second)
	tell(events.LoadSubject("web"), 4)
	if want := "[1 4]"; fmt.Sprint(heard) != want {
		t.Errorf("heard %v, want %s", heard, want)
	}
}

// A host that was cut off is told that hearsay may have been missed, and hears the
// wishes of meanwhile.
func TestReconnect(t *testing.T) {
	var heard []string
	svc := func() service.Service {
		return service.Service{
			Name: "deployer", Version: 1, Wishes: []string{"slipway.wish.>"}, Leases: []string{"slipway.lease.>"},
			New: func() []service.Machine {
				return []service.Machine{service.Of(service.Decider[struct{}, struct{}]{
					Owner: "deployer",
					New:   func(string) *struct{} { return &struct{}{} },
					Guard: func(string) string { return events.Guard("deployer", "web", "") },
					Keys:  func(events.Event) []string { return []string{"web"} },
					Touches: func(s service.Signal) []string {
						if _, ok := s.Data.(service.Heard); ok {
							return []string{"web"}
						}
						return nil
					},
					Evolve: func(string, *struct{}, *struct{}, events.Event) {},
					Sense: func(_ *struct{}, _ *struct{}, s service.Signal, _ time.Time) {
						switch d := s.Data.(type) {
						case service.Gap:
							heard = append(heard, "gap")
						case service.Heard:
							heard = append(heard, "lease of "+d.Holder)
						default:
							heard = append(heard, "wish "+s.Wish.ID)
						}
					},
				})}
			},
		}
	}
	w := sim.New(3, sim.Faults{})
	h := w.Add("deployer-0", svc, nil)
	w.Run(time.Second)
	wish := events.WishAppRetired{OfApp: events.OfApp{App: "web"}}
	w.Wish("person:alice", wish)
	w.Run(time.Second)
	heard = nil
	h.CutOff(10 * time.Second)
	w.Wish("person:alice", wish)
	w.Lease("node", "n1", events.LeaseBody{Incarnation: 1})
	w.Run(9 * time.Second)
	if len(heard) > 0 {
		t.Errorf("cut off it heard %v", heard)
	}
	w.Run(2 * time.Second)
	if want := "[gap lease of n1 wish wish-3-2]"; fmt.Sprint(heard) != want {
		t.Errorf("back it heard %v, want %s", heard, want)
	}
	heard = nil
	h.Crash(2 * time.Minute) // the lease is forgotten meanwhile
	w.Run(3 * time.Minute)
	if want := "[wish wish-3-1 wish wish-3-2 gap]"; fmt.Sprint(heard) != want {
		t.Errorf("started again it heard %v, want %s", heard, want)
	}
}
