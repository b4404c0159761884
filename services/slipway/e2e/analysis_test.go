package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway.dev/events"
)

// judged is an app of one replica whose canary at 5 % is under these checks; more are
// flags of the workload.
func judged(version, checks string, more ...string) string {
	file := stepped(version, "[{ weight: 5% }]")
	file = strings.Replace(file, "strategy: canary,", "strategy: canary, analysis: { background: ["+checks+"] },", 1)
	if len(more) == 0 {
		return file
	}
	return strings.Replace(file, "--version, "+version, "--version, "+version+", "+strings.Join(more, ", "), 1)
}

const (
	errorCheck   = "{ metric: error_ratio, max: 1%, interval: 5s }"
	latencyCheck = "{ metric: latency_p95, max: 50ms, interval: 5s, minRequests: 5 }"
)

// visitor asks one request after another and notes who answered.
type visitor struct {
	stop chan struct{}
	done sync.WaitGroup

	mu      sync.Mutex
	answers []string
}

// calls begins to ask.
func (p *Plane) calls() *visitor {
	c := &visitor{stop: make(chan struct{})}
	client := &http.Client{Timeout: 10 * time.Second}
	c.done.Go(func() {
		for {
			select {
			case <-c.stop:
				return
			default:
				c.ask(p, client)
			}
		}
	})
	p.t.Cleanup(c.end)
	return c
}

func (c *visitor) ask(p *Plane, client *http.Client) {
	r, err := http.NewRequest("GET", p.Gateway, nil)
	if err != nil {
		return
	}
	r.Host = "web.localhost"
	res, err := client.Do(r)
	if err != nil {
		return
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, res.Header.Get("Slipway-Example"))
}

func (c *visitor) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.answers)
}

func (c *visitor) end() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.done.Wait()
}

// within holds that of the first n answers from the given one on at most the share is
// of that version, on every prefix; it returns how many were.
func (c *visitor) within(t *testing.T, from int, version string, shareBp int) (got, of int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, v := range c.answers[from:] {
		if v == version {
			got++
		}
		if got > (i+1)*shareBp/10_000 {
			t.Fatalf("%d of the first %d requests went to the canary", got, i+1)
		}
	}
	return got, len(c.answers) - from
}

func named(kind string, release int) func(events.Event) bool {
	return func(e events.Event) bool {
		n, ok := e.Data.(interface{ Number() int })
		return e.Kind.Name() == kind && ok && n.Number() == release
	}
}

// A canary that answers 500 to 40 % of its requests, at 5 %, one replica of each, and one
// that is slow: each takes itself back, stable is untouched, and the reason has numbers.
func TestABadCanaryTakesItselfBack(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	p.MustDeploy(judged("v1", errorCheck), time.Minute)
	c := p.calls()
	file := filepath.Join(p.Dir, "app.yaml")
	if err := os.WriteFile(file, []byte(judged("v2", errorCheck, "--fail-ratio", `"0.4"`)), 0o600); err != nil {
		t.Fatal(err)
	}
	before, from := p.Log.Head(), c.asked()
	r := p.Slipway("deploy", file, "-y", "--timeout", "1m")
	if r.Code != 7 || !strings.Contains(r.Stderr, "errors ") || !strings.Contains(r.Stderr, "> 1.0% over") {
		t.Errorf("exit %d, %s", r.Code, r.Stderr)
	}
	got, of := c.within(t, from, "v2", 500)
	t.Logf("%d of %d requests went to the canary; rolled back after %s", got, of, r.Took)
	if got < 20 {
		t.Errorf("%d requests of the canary were enough to judge it", got)
	}
	if h := p.Slipway("history", "web"); !strings.Contains(h.Stdout, "rolled-back") || !strings.Contains(h.Stdout, "> 1.0% over") {
		t.Errorf("history tells no numbers:\n%s", h.Stdout)
	}
	aborted := p.Log.Await(before, time.Second, "the abort", named("release.aborted", 2))
	if d := aborted.Data.(events.ReleaseAborted); d.Cause != "analysis" {
		t.Errorf("aborted by %s", d.Cause)
	}
	e := p.Deploy(judged("v3", latencyCheck, "--delay", "150ms"), time.Minute)
	if e.Kind.Name() != "release.rolled-back" || !strings.Contains(e.Reason, "latency p95") {
		t.Errorf("the slow one: %s, %s", e.Kind.Name(), e.Reason)
	}
	c.end()
	touched := p.Log.All(func(e events.Event) bool {
		return strings.HasSuffix(e.Subject, "/web-1-a1") && (e.Kind.Entity == "instance" && e.Kind.Happened != "ready" || e.Kind.Name() == "assignment.withdrawn") && e.Pos.After(before)
	})
	if len(touched) > 0 {
		t.Errorf("stable was touched: %s", touched[0].StreamSubject())
	}
}

// judgedPlane is a plane whose metrics service is a process of its own.
func judgedPlane(t *testing.T) *Plane {
	p := New(t)
	nats, way := p.freePort(), p.freePort()
	p.NATS, p.Gateway = "nats://"+nats, "http://"+way
	start := func(name string, args ...string) {
		p.Add(name, append(append([]string{"run"}, args...), "--data", filepath.Join(p.Dir, name), "--log-level", "info")...).Start()
	}
	start("bus", "bus", "--nats", nats, "--profile", "dev")
	start("control", "registry,deployer", "--nats", p.NATS, "--default-domain", "localhost")
	start("metrics", "metrics", "--nats", p.NATS)
	start("node", "node", "--nats", p.NATS, "--id", "n1")
	start("gateway", "gateway", "--nats", p.NATS, "--listen", way)
	if r := p.Slipway("context", "save", "dev", "--nats", p.NATS); r.Code != 0 {
		t.Fatalf("save context: %s", r.Stderr)
	}
	p.Log = p.follow()
	return p
}

func noData(e events.Event) bool {
	d, ok := e.Data.(events.AnalysisJudged)
	return ok && d.Verdict == events.VerdictNoData
}

// Without traffic a canary holds, says so, and goes on by itself once there is some.
func TestACanaryWithoutTrafficHolds(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	p.MustDeploy(judged("v1", errorCheck), time.Minute)
	before := p.Declare(judged("v2", errorCheck))
	p.Log.Await(before, time.Minute, "an interval without traffic", noData)
	if r := p.Slipway("status", "web", "-o", "json"); !strings.Contains(r.Stdout, "traffic for release 2") {
		t.Errorf("status: %s", r.Stdout)
	}
	if l := p.Log.All(named("release.promoted", 2)); len(l) > 0 {
		t.Fatalf("promoted without a request: %s", l[0].Reason)
	}
	p.calls()
	p.Log.Await(before, time.Minute, "the promotion", named("release.completed", 2))
}

// Without telemetry a canary holds, however bad it is. The control plane is killed in its
// midst, and what it does not know any more it waits for: the canary is taken back once it
// is seen.
func TestACanaryWithoutTelemetryHolds(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := judgedPlane(t)
	p.MustDeploy(judged("v1", errorCheck), time.Minute)
	c := p.calls()
	p.Process("metrics").Kill()
	from := c.asked()
	before := p.Declare(judged("v2", errorCheck, "--fail-ratio", `"0.4"`))
	p.Log.Await(before, time.Minute, "an interval without telemetry", noData)
	p.Process("control").Kill()
	p.Process("metrics").Start()
	p.Process("control").Start()
	if l := p.Log.All(func(e events.Event) bool { return named("release.promoted", 2)(e) || named("release.aborted", 2)(e) }); len(l) > 0 {
		t.Fatalf("%s without telemetry", l[0].Kind.Name())
	}
	e := p.Log.Await(before, time.Minute, "its end once it is seen", named("release.rolled-back", 2))
	got, of := c.within(t, from, "v2", 500)
	t.Logf("%d of %d requests went to the canary", got, of)
	if !strings.Contains(e.Reason, "errors ") || !strings.Contains(e.Reason, "> 1.0% over") {
		t.Errorf("reason %q", e.Reason)
	}
}

// A bad release that was promoted gives its requests back while it is baked: what served
// before was kept at its size, so nothing is started, and no more than the bake's own
// requests have failed.
func TestABadReleaseIsTakenBackInItsBake(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	file := func(version string, more ...string) string {
		text := strings.Replace(judged(version, "", more...), "strategy: canary, analysis: { background: [] }, steps: [{ weight: 5% }],",
			"strategy: blue-green, bake: 30s, analysis: { postPromotion: ["+errorCheck+"] },", 1)
		return text
	}
	p.MustDeploy(file("v1"), time.Minute)
	p.calls()
	before := p.Log.Head()
	e := p.Deploy(file("v2", "--fail-ratio", `"0.4"`), time.Minute)
	if e.Kind.Name() != "release.rolled-back" || !strings.Contains(e.Reason, "> 1.0% over") {
		t.Fatalf("%s, %s", e.Kind.Name(), e.Reason)
	}
	again := p.Log.Await(before, time.Second, "the old one to be stable again", named("release.promoted", 1))
	if d := again.Data.(events.ReleasePromoted); d.How != "fast-rolled-back" {
		t.Errorf("by %s", d.How)
	}
	if started := p.Log.All(func(e events.Event) bool {
		return e.Kind.Name() == "assignment.requested" && e.Pos.After(before)
	}); len(started) != 1 {
		t.Errorf("%d instances were asked for, want the new one", len(started))
	}
}
