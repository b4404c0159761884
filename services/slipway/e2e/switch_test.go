package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// drain of the apps under test: long enough that a socket cut early is seen to be.
const drain = 2 * time.Second

// app is the workload of the switch drills.
func app(version, strategy string) string {
	return strings.Replace(Example("web", version, strategy, ""), "drain: 5s, grace: 5s", "drain: "+drain.String()+", grace: 2s", 1)
}

// heavy is the load of the switch drills: GET and POST over kept connections, and
// sockets that talk all the while.
func heavy(p *Plane) *load.Running { return p.Load(heavyConfig()) }

func heavyConfig() load.Config {
	return load.Config{Host: "web.localhost", Rate: 500, Methods: []string{"GET", "POST"}, Body: []byte("hello"), Sockets: 20}
}

// delivery-G02, delivery-G13, dataplane-20: 50 switches in a row, rolling and
// blue-green, under 500 requests a second.
func TestSwitchesLoseNothing(t *testing.T) {
	p := Start(t)
	p.MustDeploy(app("v0", "rolling"), time.Minute)
	l := heavy(p)
	for n := 1; n <= Count(50); n++ {
		p.MustDeploy(app(fmt.Sprintf("v%d", n), []string{"rolling", "blue-green"}[n%2]), time.Minute)
	}
	c := l.Stop()
	Lossless(t, c)
	heldUntilTheDeadline(t, p, c)
	drainedBeforeStopped(t, p)
	counted(t, p, c)
}

// delivery-G06: no socket ends before the drain deadline of some endpoint that was
// closed.
func heldUntilTheDeadline(t *testing.T, p *Plane, c load.Counts) {
	t.Helper()
	closed := p.Log.All(func(e events.Event) bool { return e.Kind.Name() == "traffic.closed" })
	heldFor(t, drain, closed, c)
}

// heldFor is heldUntilTheDeadline of the endpoints that were closed then.
func heldFor(t *testing.T, drain time.Duration, closed []events.Event, c load.Counts) {
	t.Helper()
	for _, end := range c.Ends {
		if !follows(end, drain, closed) {
			t.Errorf("a socket ended at %s, no endpoint had been closed %s before", end.Format("15:04:05.000"), drain)
		}
	}
	if len(c.Ends) == 0 {
		t.Error("no socket met a drain deadline: the drill proves nothing")
	}
}

// slack is what a busy machine may add to a deadline.
const slack = 1500 * time.Millisecond

func follows(end time.Time, drain time.Duration, closed []events.Event) bool {
	for _, e := range closed {
		if after := end.Sub(e.Time); after > drain-100*time.Millisecond && after < drain+slack {
			return true
		}
	}
	return false
}

// drainedBeforeStopped: started, ready, available, closed, drained, stopping, in the
// log's order, for every instance that was stopped.
func drainedBeforeStopped(t *testing.T, p *Plane) {
	t.Helper()
	drained := map[string]bool{}
	for _, e := range p.Log.All(nil) {
		switch d := e.Data.(type) {
		case events.EndpointDrained:
			drained[d.Endpoint.Endpoint] = true
		case events.InstanceStopping:
			if !drained[d.Instance] {
				t.Errorf("%s stops before its endpoint was drained", d.Instance)
			}
		}
	}
}

// counted: the gateway counted requests, and no failure, as the client did.
func counted(t *testing.T, p *Plane, c load.Counts) {
	t.Helper()
	var requests, failures int64
	for _, e := range p.Log.All(nil) {
		var counts []events.ReleaseCount
		switch d := e.Data.(type) {
		case events.RoutingApplied:
			counts = d.Counts
		case events.TrafficDrained:
			counts = d.Counts
		}
		for _, n := range counts {
			requests, failures = requests+n.Requests, failures+n.Failures
		}
	}
	if failures != 0 {
		t.Errorf("the gateway counted %d failures, the client none", failures)
	}
	if requests == 0 {
		t.Error("the gateway counted nothing")
	}
}

// delivery-R09, delivery-G01, interface-9: a version that never gets ready takes
// nothing away; a host nobody owns stays unknown.
func TestAVersionThatNeverGetsReady(t *testing.T) {
	p := Start(t)
	p.MustDeploy(app("v1", "rolling"), time.Minute)
	l := heavy(p)
	for _, strategy := range []string{"rolling", "blue-green"} {
		bad := strings.Replace(app("v2", strategy), "example, http,", "example, http, --start-delay, 1h,", 1)
		e := p.Deploy(strings.Replace(bad, "keep:", "deadline: 3s, keep:", 1), time.Minute)
		if e.Kind.Happened != "rolled-back" {
			t.Errorf("%s: the release is %s, want rolled-back", strategy, e.Kind.Happened)
		}
	}
	c := l.Stop()
	Lossless(t, c)
	if got := status(t, p.Gateway, "nobody.localhost"); got != http.StatusNotFound {
		t.Errorf("an unknown host is answered %d, want 404", got)
	}
	if len(c.Answers) != 1 {
		t.Errorf("answers by %v, want v1 alone", c.Answers)
	}
}

// status is what a host is answered with.
func status(t *testing.T, gateway, host string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gateway, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// dataplane-22, delivery-R19: kill -9 of an instance under GET load: none fails, it
// is replaced, and the log tells the story.
func TestKillAnInstance(t *testing.T) {
	p := Start(t)
	// One that dies this often would soon be waited for longer than for all the rest.
	p.MustDeploy(app("v1", "rolling")+"restart: { backoff: { min: 100ms, max: 500ms }, giveUp: { failures: 100 } }\n", time.Minute)
	l := p.Load(load.Config{Host: "web.localhost", Rate: 300})
	killed := func(e events.Event) bool {
		d, ok := e.Data.(events.InstanceExited)
		return ok && d.Signal == "KILL"
	}
	for n := 1; n <= Count(30); n++ {
		p.KillOne("web")
		Await(t, 30*time.Second, "the instance to be seen dead and ready again", func() bool {
			return len(p.Log.All(killed)) == n && len(p.Log.All(Is("web", "instance", "ready"))) == 2+n && listed(p) == 2
		})
	}
	Lossless(t, l.Stop())
	why := p.Slipway("why", "web")
	if why.Code != 0 || !strings.Contains(why.Stdout, "because") {
		t.Errorf("slipway why web: %d\n%s%s", why.Code, why.Stdout, why.Stderr)
	}
}

// listed is how many ready endpoints every live gateway serves by: until that is known
// the next kill could take the last one it has.
func listed(p *Plane) (ready int) {
	applied := 0
	for _, e := range p.Log.All(Is("web", "settlement", "reached")) {
		applied = e.Data.(events.SettlementReached).Pool
	}
	for _, e := range p.Log.All(Is("web", "pool", "changed")) {
		d := e.Data.(events.PoolChanged)
		if d.Generation > applied {
			return 0
		}
		ready = 0
		for _, x := range d.Endpoints {
			if x.Ready {
				ready++
			}
		}
	}
	return ready
}

// GUARANTEES 13: the control plane is killed with -9 in mid-switch and started
// again; node and gateway are processes of their own. Traffic never notices, the
// release finishes.
func TestKillTheControlPlaneInMidSwitch(t *testing.T) {
	for _, names := range [][]string{{"control"}, {"bus"}, {"bus", "control"}} {
		t.Run("kill -9 "+strings.Join(names, " and "), func(t *testing.T) {
			p := Start(t, Apart())
			p.MustDeploy(app("v0", "rolling"), time.Minute)
			l := p.Load(load.Config{Host: "web.localhost", Rate: 500, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
			for n, moment := range moments {
				version := fmt.Sprintf("v%d", n+1)
				before := p.Declare(app(version, []string{"rolling", "blue-green"}[n%2]))
				p.Log.Await(before, time.Minute, moment, kind(moment))
				for _, name := range names {
					p.Process(name).Kill()
				}
				for _, name := range names {
					p.Process(name).Start()
				}
				p.Log.Await(before, 2*time.Minute, "the release to complete", Is("web", "release", "completed"))
			}
			c := l.Stop()
			Lossless(t, c)
			if last := fmt.Sprintf("v%d", len(moments)); c.Answers[last] == 0 {
				t.Errorf("answers by %v, %s never served", c.Answers, last)
			}
		})
	}
}

// moments of a switch at which something dies.
var moments = []string{"release.planned", "instance.started", "route.shifted", "endpoint.draining"}

func kind(name string) func(events.Event) bool {
	return func(e events.Event) bool { return e.App == "web" && e.Kind.Name() == name }
}
