package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// dataplane-20: switches under constant GET, POST, WebSocket, HTTP/2 and gRPC: none
// fails, every request is served once and none by an endpoint that was said to be
// drained, and what the gateway says it counted is what was sent.
func TestSwitchesOfEveryProtocol(t *testing.T) {
	p := Start(t)
	ledger := filepath.Join(p.Dir, "ledger")
	web, rpc := recordedApp("web", "http", ledger), recordedApp("rpc", "h2c", ledger)
	p.MustDeploy(web(0), time.Minute)
	p.MustDeploy(rpc(0), time.Minute)
	switches, requests, rate := 8, 0, 150 // each switch is a second of the whole platform
	if full := 200; Count(full) == full {
		switches, requests, rate = full, 1_000_000, 500
	}
	ways := []*load.Running{
		p.Load(load.Config{Host: "web.localhost", Rate: rate, Methods: []string{"GET", "POST", load.H2}, Body: []byte("hello"), Sockets: 5}),
		p.Load(load.Config{Host: "rpc.localhost", Rate: rate, Methods: []string{"GET", load.H2, load.GRPC}, Body: []byte("hello")}),
	}
	answered := func(n int) func() bool {
		return func() bool { return ways[0].Requests()+ways[1].Requests() >= n }
	}
	for n := 1; n <= switches; n += 2 {
		p.MustDeploy(web(n), time.Minute)
		p.MustDeploy(rpc(n), time.Minute)
		Await(t, time.Hour, "the requests between two switches", answered(requests*(n+1)/switches))
	}
	var sent [2]load.Counts
	for i, w := range ways {
		sent[i] = w.Stop()
		Lossless(t, sent[i])
	}
	heldFor(t, recordedDrain, p.Log.All(Is("web", "traffic", "closed")), sent[0])
	t.Logf("%d switches, %d requests of %v", switches, ways[0].Requests()+ways[1].Requests(), outcomes(sent[:]))
	// what was counted since the last switch is said with the next
	p.MustDeploy(web(switches+1), time.Minute)
	p.MustDeploy(rpc(switches+1), time.Minute)
	echoes := sent[0].Outcomes["WS echo"]
	p.countsAre(t, "web", sent[0].Sent-echoes+sent[0].Opened)
	p.countsAre(t, "rpc", sent[1].Sent)
	p.servedOnce(t, ledger, sent[0].Sent-echoes+sent[0].Opened+sent[1].Sent)
}

// outcomes adds up what became of the requests.
func outcomes(sent []load.Counts) map[string]int {
	all := map[string]int{}
	for _, c := range sent {
		for what, n := range c.Outcomes {
			all[what] += n
		}
	}
	return all
}

// recordedDrain is the drain deadline of a recordedApp.
const recordedDrain = time.Second

// recordedApp is an app whose instances write down what they serve.
func recordedApp(name, protocol, ledger string) func(version int) string {
	return func(version int) string {
		file := Example(name, fmt.Sprintf("v%d", version), []string{"rolling", "blue-green"}[version/2%2], "")
		return strings.NewReplacer("example, http,", "example, http, --ledger, "+ledger+",",
			"ports: { http: {} }", "ports: { http: { protocol: "+protocol+" } }",
			"drain: 5s, grace: 5s", "drain: "+recordedDrain.String()+", grace: 2s").Replace(file)
	}
}

// countsAre adds up what the gateway said of an app.
func (p *Plane) countsAre(t *testing.T, app string, want int) {
	t.Helper()
	sum := func() (requests, failures int64) {
		for _, e := range p.Log.All(func(e events.Event) bool { return e.App == app }) {
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
		return requests, failures
	}
	p.Log.CatchUp()
	if requests, failures := sum(); requests != int64(want) || failures != 0 {
		t.Errorf("%s: the gateway counted %d requests and %d failures, %d were sent", app, requests, failures, want)
	}
}

// servedOnce reads what the instances wrote down.
func (p *Plane) servedOnce(t *testing.T, ledger string, want int) {
	t.Helper()
	drained := map[string]time.Time{}
	for _, e := range p.Log.All(nil) {
		if d, ok := e.Data.(events.TrafficDrained); ok {
			drained[d.Endpoint] = e.Time
		}
	}
	text, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]string{}
	for line := range strings.Lines(string(text)) {
		var id, instance string
		var at int64
		if _, err := fmt.Sscan(line, &id, &instance, &at); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if was, twice := by[id]; twice {
			t.Errorf("request %s was served by %s and by %s", id, was, instance)
		}
		by[id] = instance
		if end, gone := drained[instance]; gone && time.Unix(0, at).After(end) {
			t.Errorf("request %s was served by %s, %s after it was drained", id, instance, time.Unix(0, at).Sub(end))
		}
	}
	if len(by) != want || len(drained) == 0 {
		t.Errorf("%d requests served, %d sent, %d endpoints drained", len(by), want, len(drained))
	}
}
