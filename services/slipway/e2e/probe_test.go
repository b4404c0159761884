package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// probesWithin is how long two probes may take to find an endpoint good, or three to
// find it bad, on a busy machine.
const probesWithin = 45 * time.Second

// dataplane 2.3: a service that nobody runs and that keeps no lease is used as long as
// the gateway's probes find it well. It serves its requests all the while: only its own
// word at the probe's path takes it out.
func TestProbedEndpoints(t *testing.T) {
	t.Parallel() // it waits most of its time
	file, err := os.ReadFile(checkout + "/examples/endpoint/app.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := Start(t)
	p.MustDeploy(string(file), 30*time.Second)
	sick := p.offersProbed("b1")
	if r := p.Slipway("endpoint", "offer", "billing", "b2", "--address", probedServer(t, "b2", &atomic.Bool{}), "--probe", "/ok"); r.Code != 0 {
		t.Fatalf("offer: %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	for _, name := range []string{"b1", "b2"} {
		p.awaitEndpoint(events.Position{}, name, "available", probesWithin)
	}
	requests := p.Load(load.Config{Host: "billing.localhost", Rate: 50})
	Await(t, 20*time.Second, "both to answer", func() bool {
		by := requests.Counts().Answers
		return by["b1"] > 10 && by["b2"] > 10
	})
	before := p.Log.Head()
	sick.Store(true)
	out := p.awaitEndpoint(before, "b1", "unavailable", probesWithin)
	if !strings.Contains(out.Reason, "probe: 3 bad in a row, the last: status 500") || out.Data.(events.EndpointUnavailable).Cause != "unready" {
		t.Errorf("%+v because %s", out.Data, out.Reason)
	}
	applied := func(e events.Event) bool { return Is("billing", "routing", "applied")(e) }
	p.Log.Await(out.Pos, 20*time.Second, "the gateway to apply the pool without it", applied)
	was := requests.Counts().Answers
	Await(t, 20*time.Second, "the other to answer", func() bool { return requests.Counts().Answers["b2"] > was["b2"]+50 })
	if now := requests.Counts().Answers["b1"]; now > was["b1"]+1 { // one may have been on its way
		t.Errorf("b1 answered %d times after it was out", now-was["b1"])
	}
	Lossless(t, requests.Stop())
}

// offersProbed offers a server that answers its name, and well at /ok until it is sick.
func (p *Plane) offersProbed(name string) (sick *atomic.Bool) {
	p.t.Helper()
	sick = &atomic.Bool{}
	p.Wish(events.WishEndpointOffered{
		OfOffer: events.OfOffer{App: "billing", Endpoint: name}, Address: probedServer(p.t, name, sick),
		Liveness: events.LivenessProbe, ProbePath: "/ok",
	})
	return sick
}

func probedServer(t testing.TB, name string, sick *atomic.Bool) (address string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ok" && sick.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
		io.WriteString(w, name+"\n")
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
