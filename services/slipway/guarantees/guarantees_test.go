package guarantees

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

var began = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

// story is a log in the making.
type story struct {
	*Fold
	t   *testing.T
	now time.Time
	seq uint64
}

func tell(t *testing.T, o Options) *story { return &story{Fold: NewFold(o), t: t, now: began} }

// after lets time pass, then says facts.
func (s *story) after(d time.Duration, facts ...events.Payload) {
	s.now = s.now.Add(d)
	for _, data := range facts {
		s.seq++
		about := data.About()
		s.Hear(events.Event{
			Kind: events.KindOf(data), App: about.App, Place: about.Place, Subject: about.Subject,
			Pos: events.Position{Era: 1, Seq: s.seq}, Stored: s.now, Data: data,
		})
	}
}

// counts lets a gateway tell counters of one moment, as v by family and labels.
func (s *story) counts(batch uint64, series map[string]map[string]float64) {
	s.t.Helper()
	s.countsIn("00000001", batch, series)
}

// countsIn lets a gateway tell them in one of its lives.
func (s *story) countsIn(boot string, batch uint64, series map[string]map[string]float64) {
	s.t.Helper()
	b := events.Samples{Boot: boot, Seq: batch, PeriodMs: 1000, Base: s.now, OffsetsMs: []int64{0}}
	for _, family := range []string{answered, splitOf} {
		f := events.Family{Name: family, Type: events.FamilyCounter}
		for labels, v := range series[family] {
			x := events.Series{Labels: map[string]string{}, V: []events.Value{events.Value(v)}}
			for _, l := range strings.Split(labels, ",") {
				name, value, _ := strings.Cut(l, "=")
				x.Labels[name] = value
			}
			f.Series = append(f.Series, x)
		}
		if f.Series != nil {
			b.Families = append(b.Families, f)
		}
	}
	if err := b.Check(); err != nil {
		s.t.Fatal(err)
	}
	data, err := json.Marshal(b)
	if err != nil {
		s.t.Fatal(err)
	}
	s.HearSamples(events.Telemetry{Type: events.TypeSamples, Subject: "gateway/gw1-a", Data: data})
}

// of is how a row stands now.
func (s *story) of(name string) Guarantee {
	s.t.Helper()
	all := s.Read(s.now)
	i := slices.IndexFunc(all, func(g Guarantee) bool { return g.ID == name })
	if i < 0 {
		s.t.Fatalf("no row %s", name)
	}
	return all[i]
}

const milli = time.Millisecond

func instance(id string) events.OfInstance {
	return events.OfInstance{App: "web", Node: "n1", Instance: id}
}

func release(n int) events.OfRelease { return events.OfRelease{App: "web", Release: n} }

// runs places an instance and makes it ready.
func (s *story) runs(id string, number int) {
	s.after(10*milli, events.PlacementPlaced{OfInstance: instance(id), Release: number},
		events.InstanceStarting{OfInstance: instance(id), Try: 1}, events.InstanceReady{OfInstance: instance(id)})
}

// plots are, by row, what keeps it and what breaks it: late is how much later than told.
var plots = map[string]func(s *story, broken bool){
	driftFound: func(s *story, broken bool) {
		s.runs("web-1-a1", 1)
		s.after(0, events.DrillBegun{OfDrill: events.OfDrill{Participant: "node-n1", Place: "n1"}, Drill: events.Drill{Kind: events.DrillKillInstance, App: "web", Instance: "web-1-a1"}})
		s.after(either(broken, 1100*milli, 900*milli), events.InstanceExited{OfInstance: instance("web-1-a1")})
	},
	driftRepaired: func(s *story, broken bool) {
		s.runs("web-1-a1", 1)
		s.after(0, events.InstanceExited{OfInstance: instance("web-1-a1")}, events.DriftFound{OfInstance: instance("web-1-a1"), Kind: "missing"},
			events.InstanceBackingOff{OfInstance: instance("web-1-a1"), Until: s.now.Add(3 * time.Second)})
		s.after(either(broken, 5100*milli, 4900*milli), events.InstanceStarting{OfInstance: instance("web-1-a1"), Try: 2})
	},
	promotion: func(s *story, broken bool) {
		s.after(0, events.ReleasePlanned{OfRelease: release(1)})
		s.runs("web-1-a1", 1)
		s.runs("web-1-b1", 1)
		s.after(0, events.InstanceUnready{OfInstance: instance("web-1-b1")})
		s.after(either(broken, time.Second, 100*milli), events.ReleasePromoted{OfRelease: release(1), Available: 2, Target: 2})
	},
	switchCut: func(s *story, broken bool) {
		s.after(0, events.ReleasePlanned{OfRelease: release(2), From: 1, Strategy: events.Rolling})
		s.after(time.Second, events.ReleaseCompleted{OfRelease: release(2), Requests: 1000, Cut: int64(either(broken, 1, 0))})
	},
	switchLost: func(s *story, broken bool) {
		s.counts(1, map[string]map[string]float64{answered: {"app=web,release=1,class=2xx,cause=backend": 10, "app=web,release=1,class=5xx,cause=gateway": 7}})
		s.after(10*time.Second, events.ReleasePlanned{OfRelease: release(2), From: 1, Strategy: events.Rolling})
		s.now = s.now.Add(time.Second)
		s.counts(2, map[string]map[string]float64{answered: {"app=web,release=1,class=2xx,cause=backend": 500, "app=web,release=1,class=5xx,cause=gateway": 7 + either(broken, 1.0, 0)}})
		s.after(time.Second, events.ReleaseCompleted{OfRelease: release(2), Requests: 490})
	},
	canaryShare: func(s *story, broken bool) { s.canary(either(broken, 51.0, 50)) },
	routable: func(s *story, broken bool) {
		s.after(0, events.RoutingApplied{OfRouting: events.OfRouting{App: "web", Gateway: "gw1-a", Generation: 1}})
		for n := range enoughForP99 {
			id := fmt.Sprintf("web-1-a%d", n+1)
			s.after(0, events.EndpointAvailable{Endpoint: events.Endpoint{App: "web", Endpoint: id}},
				events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: n + 1}, Endpoints: []events.PoolEndpoint{{Endpoint: id, Ready: true}}})
			s.after(either(broken && n > 90, 300*milli, 150*milli),
				events.RoutingApplied{OfRouting: events.OfRouting{App: "web", Gateway: "gw1-a", Generation: 1}, Pool: n + 1})
		}
	},
	silence: func(s *story, broken bool) {
		lease := events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1"}
		s.after(10*time.Second, events.LeaseLapsed{Lease: lease, SilentMs: either(broken, int64(4100), 3900)})
	},
	restarted: func(s *story, broken bool) {
		s.runs("web-1-a1", 1)
		s.after(0, events.InstanceExited{OfInstance: instance("web-1-a1"), Code: 3}, events.InstanceBackingOff{OfInstance: instance("web-1-a1"), Until: s.now.Add(time.Second)})
		s.after(either(broken, 2100*milli, 1900*milli), events.InstanceStarting{OfInstance: instance("web-1-a1"), Try: 2})
	},
	nodeReplaced: func(s *story, broken bool) {
		s.runs("web-1-a1", 1)
		lease := events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1"}
		s.after(20*time.Second, events.LeaseLapsed{Lease: lease, SilentMs: 3000})
		s.after(9*time.Second, events.PlacementEvacuated{OfInstance: instance("web-1-a1"), Cause: events.EvacuationLost})
		s.after(either(broken, 2100*milli, 1900*milli), events.PlacementPlaced{OfInstance: events.OfInstance{App: "web", Node: "n2", Instance: "web-1-b1"}, Release: 1})
	},
}

// canary splits 1000 requests of which a canary of 5 % gets so many.
func (s *story) canary(got float64) {
	s.after(0, events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 4}, Route: events.Route{
		Shares: []events.RouteShare{{Release: 1, ShareBp: 9500}, {Release: 2, ShareBp: 500}},
	}})
	of, answers := "app=web,release=2,generation=4", "app=web,release=2,class=5xx,cause=backend"
	for n, requests := range []float64{999, 1000} { // what is answered is seen to be too many a second later
		s.now = s.now.Add(time.Second)
		s.counts(uint64(n+1), map[string]map[string]float64{splitOf: {of: requests}, answered: {answers: got}})
	}
}

func either[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// TestEachRowIsKeptAndBroken: what is planted is found, with where it stands in the log.
func TestEachRowIsKeptAndBroken(t *testing.T) {
	for _, r := range Rows {
		plot, told := plots[r.Name]
		if !told {
			t.Errorf("nobody tells of %s", r.Name)
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			kept := tell(t, Options{})
			plot(kept, false)
			if g := kept.of(r.Name); g.Samples == 0 || g.Measured == nil || g.Measured.Unit != r.Bound.Unit {
				t.Errorf("kept: %+v", g)
			} else if holds, known := g.Holds.Known(); !known || !holds || len(g.Evidence) > 0 {
				t.Errorf("kept: %+v %+v", g, *g.Measured)
			}
			broken := tell(t, Options{})
			plot(broken, true)
			g := broken.of(r.Name)
			if holds, known := g.Holds.Known(); !known || holds || g.Measured == nil {
				t.Fatalf("broken: %+v", g)
			}
			if r.Figure != p99 && (len(g.Evidence) == 0 || g.Evidence[0] == 0 || g.Evidence[0] > broken.seq) {
				t.Errorf("the evidence is %v of %d facts", g.Evidence, broken.seq)
			}
			none := tell(t, Options{})
			if _, known := none.of(r.Name).Holds.Known(); known {
				t.Error("a verdict without a sample")
			}
			other := tell(t, Options{App: "other"})
			plot(other, true)
			if g := other.of(r.Name); g.Samples > 0 {
				t.Errorf("another app's: %+v", g)
			}
			later := tell(t, Options{Since: began.Add(time.Hour)})
			plot(later, true)
			if g := later.of(r.Name); g.Samples > 0 {
				t.Errorf("from before: %+v", g)
			}
		})
	}
}

// TestWhatStandsStillIsNotHidden: a repair that never came is no missing sample.
func TestWhatStandsStillIsNotHidden(t *testing.T) {
	s := tell(t, Options{})
	s.runs("web-1-a1", 1)
	s.after(0, events.InstanceExited{OfInstance: instance("web-1-a1")}, events.DriftFound{OfInstance: instance("web-1-a1"), Kind: "missing"})
	s.now = s.now.Add(time.Minute)
	for _, g := range s.Read(s.now) {
		if g.ID != restarted && g.ID != driftRepaired {
			continue
		}
		if holds, known := g.Holds.Known(); !known || holds || g.Measured.Value != 60_000 {
			t.Errorf("%+v %+v", g, g.Measured)
		}
	}
}

// TestNobodyIsBlamed for what an app asks for, a person does or the brake holds.
func TestNobodyIsBlamed(t *testing.T) {
	for name, told := range map[string]func(*story){
		"an instance that is stopped meanwhile": func(s *story) {
			s.runs("web-1-a1", 1)
			s.after(0, events.InstanceExited{OfInstance: instance("web-1-a1")})
			s.after(time.Second, events.InstanceStopping{OfInstance: instance("web-1-a1")})
			s.now = s.now.Add(time.Minute)
		},
		"a clean end": func(s *story) {
			s.runs("web-1-a1", 1)
			s.after(0, events.InstanceExited{OfInstance: instance("web-1-a1"), Planned: true})
			s.now = s.now.Add(time.Hour)
		},
		"drift that the app file asks to be left": func(s *story) {
			s.runs("web-1-a1", 1)
			s.after(0, events.DriftFound{OfInstance: instance("web-1-a1"), Kind: "missing"}, events.DriftAccepted{OfInstance: instance("web-1-a1"), Kind: "missing"})
			s.now = s.now.Add(time.Hour)
		},
		"a gap that recreate asks for": func(s *story) {
			s.after(0, events.ReleasePlanned{OfRelease: release(2), From: 1, Strategy: events.Recreate})
			s.after(time.Second, events.ReleaseCompleted{OfRelease: release(2), Requests: 10, Cut: 3})
		},
		"silence that the brake held": func(s *story) {
			lease := events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1"}
			s.after(0, events.BrakeEngaged{Scope: "fleet", Silent: 3, Of: 3})
			s.after(time.Minute, events.BrakeReleased{Override: true})
			s.after(0, events.LeaseLapsed{Lease: lease, SilentMs: 60_000})
		},
		"a release whose beginning is not heard": func(s *story) {
			s.after(0, events.ReleasePromoted{OfRelease: release(1), Available: 2, Target: 2})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, Options{})
			told(s)
			for _, g := range s.Read(s.now) {
				if holds, known := g.Holds.Known(); known && !holds {
					t.Errorf("%+v", g)
				}
			}
		})
	}
}

// TestALeaseIsOfItsKind: a node and a gateway of one name are two, whose silence and
// return concern different promises.
func TestALeaseIsOfItsKind(t *testing.T) {
	lease := func(kind, name string) events.Lease {
		return events.Lease{OfHolder: events.OfHolder{Holder: kind + "-" + name}, Kind: kind, Name: name}
	}
	t.Run("a gateway that returns leaves the node of its name lost", func(t *testing.T) {
		s := tell(t, Options{})
		s.runs("web-1-a1", 1)
		s.after(20*time.Second, events.LeaseLapsed{Lease: lease("node", "n1"), SilentMs: 3000}, events.LeaseLapsed{Lease: lease("gateway", "n1"), SilentMs: 3000})
		s.after(time.Second, events.LeaseResumed{Lease: lease("gateway", "n1")})
		s.after(8*time.Second, events.PlacementEvacuated{OfInstance: instance("web-1-a1"), Cause: events.EvacuationLost})
		s.after(time.Minute, events.PlacementPlaced{OfInstance: events.OfInstance{App: "web", Node: "n2", Instance: "web-1-b1"}, Release: 1})
		if g := s.of(nodeReplaced); g.Samples != 1 || len(g.Evidence) != 1 {
			t.Errorf("%+v", g)
		}
	})
	t.Run("a node that is silent takes no table from the gateway of its name", func(t *testing.T) {
		s := tell(t, Options{})
		of := events.OfRouting{App: "web", Gateway: "gw1-a", Generation: 1}
		s.after(0, events.RoutingApplied{OfRouting: of}, events.EndpointAvailable{Endpoint: events.Endpoint{App: "web", Endpoint: "web-1-a1"}})
		s.after(0, events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: 1}, Endpoints: []events.PoolEndpoint{{Endpoint: "web-1-a1", Ready: true}}})
		s.after(time.Second, events.LeaseLapsed{Lease: lease("node", "gw1-a"), SilentMs: 3000})
		s.after(time.Second, events.RoutingApplied{OfRouting: of, Pool: 1})
		if g := s.of(routable); g.Samples != 1 {
			t.Errorf("%+v", g)
		}
		s.after(0, events.EndpointAvailable{Endpoint: events.Endpoint{App: "web", Endpoint: "web-1-a2"}})
		s.after(0, events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: 2}, Endpoints: []events.PoolEndpoint{{Endpoint: "web-1-a2", Ready: true}}})
		s.after(time.Second, events.LeaseLapsed{Lease: lease("gateway", "gw1-a"), SilentMs: 3000})
		s.after(time.Minute, events.RoutingApplied{OfRouting: of, Pool: 2})
		if g := s.of(routable); g.Samples != 1 {
			t.Errorf("after its own silence: %+v", g)
		}
	})
}

// TestWhatParticipantsSay: a promise said to be broken is shown until it is restored.
func TestWhatParticipantsSay(t *testing.T) {
	of := events.OfGuarantee{Participant: "deployer", Name: "guard", Key: "web"}
	s := tell(t, Options{})
	s.after(0, events.GuaranteeViolated{OfGuarantee: of, Detail: "4 placed, 3 wanted"})
	g := s.of("deployer/guard/web")
	if holds, known := g.Holds.Known(); holds || !known || !strings.Contains(g.Claim, "4 placed") || !slices.Equal(g.Evidence, []uint64{1}) {
		t.Errorf("%+v", g)
	}
	s.after(0, events.GuaranteeRestored{OfGuarantee: of})
	if holds, _ := s.of("deployer/guard/web").Holds.Known(); !holds {
		t.Error("it holds again")
	}
}

// TestStarts: the start of an app is what it took from starting, or from placed, to ready.
func TestStarts(t *testing.T) {
	s := NewStarts()
	now := began
	say := func(after time.Duration, data events.Payload) {
		now = now.Add(after)
		if !HearsStart(events.KindOf(data)) {
			t.Errorf("%T is not heard", data)
		}
		s.Hear(events.Event{Stored: now, Data: data})
	}
	say(0, events.PlacementPlaced{OfInstance: instance("web-1-a1"), Release: 1})
	say(time.Second, events.InstanceStarting{OfInstance: instance("web-1-a1")})
	say(2*time.Second, events.InstanceReady{OfInstance: instance("web-1-a1")})
	say(time.Hour, events.InstanceExited{OfInstance: instance("web-1-a1")})
	say(time.Hour, events.InstanceStarting{OfInstance: instance("web-1-a1")})
	say(time.Second, events.InstanceReady{OfInstance: instance("web-1-a1")})
	if again, fresh := s.Again("web", 1), s.Fresh("web", 1); again != 2*time.Second || fresh != 3*time.Second {
		t.Errorf("again %s, fresh %s", again, fresh)
	}
}

// TestTheTableIsInTheDocuments as it is here.
func TestTheTableIsInTheDocuments(t *testing.T) {
	page, err := os.ReadFile("../../../docs/GUARANTEES.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), Table()) {
		t.Errorf("docs/GUARANTEES.md does not hold the table; it is:\n%s", Table())
	}
	rows := map[int]bool{}
	for _, r := range Rows {
		rows[r.Number] = true
	}
	for _, p := range NotYet {
		rows[p.Row] = true
	}
	for n := 1; n <= 17; n++ {
		if !rows[n] {
			t.Errorf("promise %d is neither measured nor named as not yet", n)
		}
	}
}
