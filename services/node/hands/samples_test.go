package hands

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
)

// gauge is a driver's knowledge of what its instances use.
type gauge map[string]driver.Use

func (g gauge) Use(id string) (driver.Use, error) {
	u, ok := g[id]
	if !ok {
		return u, driver.ErrUnknown
	}
	return u, nil
}

// desk takes batches while it is open.
type desk struct {
	t      *testing.T
	closed bool
	got    []events.Samples
}

func (d *desk) Hearsay(subject, _ string, body []byte, done func(ship.Outcome)) bool {
	if d.closed {
		return false
	}
	e, err := events.ParseTelemetry(body)
	if err != nil || subject != "slipway.telemetry.node.n1.samples" {
		d.t.Fatal(subject, err)
	}
	data, err := e.Decode()
	if err != nil {
		d.t.Fatal(err)
	}
	d.got = append(d.got, data.(events.Samples))
	go done(ship.Kept)
	return true
}

// series is what was told of a family since the last call, as JSON by instance.
func (d *desk) series(family string) map[string]string {
	all := map[string]string{}
	for _, b := range d.got {
		for _, f := range b.Families {
			for _, s := range f.Series {
				if f.Name == family {
					v, _ := json.Marshal(s.V)
					all[s.Labels["instance"]] += string(v)
				}
			}
		}
	}
	d.got = nil
	return all
}

var whole = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func watched(id string, try int) node.Watch {
	return node.Watch{ID: id, App: "web", Release: 7, Try: try}
}

func telling(t *testing.T) (*teller, gauge, *desk) {
	g, d := gauge{}, &desk{t: t}
	return newTeller(Config{Node: "n1", Meter: g, Hearsay: d}), g, d
}

// What is watched is told every period with its identity; what has not changed goes without saying.
func TestWhatInstancesUseIsTold(t *testing.T) {
	x, g, d := telling(t)
	x.begin(watched("web-7-a1", 1))
	x.begin(watched("web-7-a2", 2))
	g["web-7-a1"] = driver.Use{Try: 1, CPU: 1500 * time.Millisecond, MemoryBytes: 30 << 20, At: whole.Add(-time.Second)}
	g["web-7-a2"] = driver.Use{Try: 1, CPU: time.Second, MemoryBytes: 1, At: whole} // of the try before
	x.tick(whole)
	if len(d.got) != 1 || d.got[0].PeriodMs != 5000 || d.got[0].Labels["node"] != "n1" || len(d.got[0].Families) != 2 {
		t.Fatalf("%+v", d.got)
	}
	f := d.got[0].Families[0]
	want := map[string]string{"app": "web", "release": "7", "instance": "web-7-a1", "job": "web"}
	if got, _ := json.Marshal(f.Series[0].Labels); len(f.Series) != 1 || string(got) != encoded(want) || f.Type != events.FamilyCounter || f.Series[0].V[0] != 1.5 {
		t.Fatalf("%+v", f)
	}
	d.got = nil
	g["web-7-a1"] = driver.Use{Try: 1, CPU: 2 * time.Second, MemoryBytes: 30 << 20, At: whole.Add(4 * time.Second)}
	x.tick(whole.Add(5 * time.Second))
	if all := d.got[0].Families; len(all) != 1 || all[0].Name != cpuTotal.Name || all[0].Series[0].V[0] != 2 {
		t.Fatalf("%+v", all)
	}
}

func encoded(v any) string { b, _ := json.Marshal(v); return string(b) }

func TestSeriesEnd(t *testing.T) {
	for name, end := range map[string]func(x *teller, g gauge, stop func()){
		"observability-5 with an instance that is stopped on purpose, at that moment": func(_ *teller, _ gauge, stop func()) { stop() },
		"where nothing can be read":       func(_ *teller, g gauge, _ func()) { delete(g, "web-7-a1") },
		"where the next try has begun":    func(_ *teller, g gauge, _ func()) { g["web-7-a1"] = driver.Use{Try: 2, At: whole.Add(5 * time.Second)} },
		"where the keeper is stood still": func(*teller, gauge, func()) {},
	} {
		t.Run(name, func(t *testing.T) {
			x, g, d := telling(t)
			stop := x.begin(watched("web-7-a1", 1))
			g["web-7-a1"] = driver.Use{Try: 1, CPU: time.Second, MemoryBytes: 30 << 20, At: whole.Add(-useMax + 3*time.Second)}
			x.tick(whole)
			d.got = nil
			end(x, g, stop)
			x.tick(whole.Add(5 * time.Second))
			if got := d.series(workingSet.Name)["web-7-a1"]; got != `["-",null]` && got != `[null]` {
				t.Errorf("told %s", got)
			}
			x.tick(whole.Add(2 * time.Minute))
			if got := d.series(cpuTotal.Name); len(got) > 0 {
				t.Errorf("told after its end: %v", got)
			}
			g["web-7-a1"] = driver.Use{Try: 1, CPU: 2 * time.Second, MemoryBytes: 1 << 20, At: whole.Add(125 * time.Second)}
			x.tick(whole.Add(125 * time.Second))
			if got, ended := d.series(cpuTotal.Name)["web-7-a1"], name[0] == 'o'; (got == "[2]") == ended {
				t.Errorf("known again: %q", got)
			}
		})
	}
}

// While nobody takes samples they wait, and come with the times they were made at.
func TestSamplesWaitWhileTheBusIsAway(t *testing.T) {
	x, g, d := telling(t)
	x.begin(watched("web-7-a1", 1))
	d.closed = true
	for i := range 12 {
		now := whole.Add(time.Duration(i) * driver.UseEvery)
		g["web-7-a1"] = driver.Use{Try: 1, CPU: time.Duration(i) * time.Second, MemoryBytes: 1 << 20, At: now}
		x.tick(now)
	}
	d.closed = false
	x.shipper.Ship()
	if len(d.got) != 1 && len(d.got) != 2 {
		t.Fatalf("%d batches", len(d.got))
	}
	n := 0
	for _, b := range d.got {
		if b.Lost != nil {
			t.Errorf("lost %+v", b.Lost)
		}
		for i, at := range b.Times() {
			if want := whole.Add(time.Duration(n) * driver.UseEvery); !at.Equal(want) {
				t.Errorf("time %d is %s, want %s", i, at, want)
			}
			n++
		}
	}
	if n != 12 {
		t.Errorf("%d times, want 12", n)
	}
}

// A real instance: its keeper tells, the hands read it, and its series end when it is told to stop.
func TestARealInstanceIsMeasured(t *testing.T) {
	m, d := newMemory(), &desk{t: t}
	a := startAgent(t, m, t.TempDir(), false)
	x := newTeller(Config{Node: "n1", Meter: a.hands.driver.(driver.Meter), Hearsay: d})
	a.hands.told = x // before anything is watched; the test tells when
	place(t, m, "web-7-a1", "workload")
	await(t, m, first[events.InstanceReady])
	eventually(t, "it is told of", func() bool {
		x.tick(time.Now())
		return d.series(workingSet.Name)["web-7-a1"] != ""
	})
	u, err := x.meter.Use("web-7-a1")
	if err != nil || u.MemoryBytes < 1<<20 || u.MemoryBytes > 1<<30 || u.CPU < 0 || u.CPU > time.Minute {
		t.Errorf("%+v, %v", u, err)
	}
	m.tell(t, events.AssignmentWithdrawn{OfInstance: of("web-7-a1"), Cause: "replaced", DrainMs: 15_000, StopByMs: time.Now().Add(time.Hour).UnixMilli()})
	m.tell(t, events.EndpointDrained{Endpoint: events.Endpoint{App: "web", Endpoint: "web-7-a1"}})
	await(t, m, first[events.InstanceStopping])
	eventually(t, "its series end", func() bool {
		x.tick(time.Now())
		return strings.HasSuffix(d.series(cpuTotal.Name)["web-7-a1"], "null]")
	})
}
