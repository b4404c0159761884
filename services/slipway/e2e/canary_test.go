package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// stepped is an app of one replica that is replaced as a canary with these steps.
func stepped(version, steps string) string {
	file := strings.Replace(Example("web", version, "canary", ""), "replicas: 2", "replicas: 1", 1)
	return strings.Replace(file, "strategy: canary,", "strategy: canary, steps: "+steps+",", 1)
}

// asks sends n requests one after another and counts the answers that hold the word,
// prefix by prefix: never more than ⌊share·n⌋ of them, and one more where the gateway has
// counted others before.
func asks(t *testing.T, p *Plane, n int, word string, shareBp int) (counted int) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	for i := 1; i <= n; i++ {
		r, err := http.NewRequest("GET", p.Gateway, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "web.localhost"
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%d %s %v", res.StatusCode, body, err)
		}
		if strings.Contains(string(body), word) {
			counted++
		}
		if counted > i*shareBp/10_000+1 {
			t.Fatalf("%d of the first %d requests went to the canary", counted, i)
		}
	}
	return counted
}

// delivery-C32: one replica and 10 % are 10 % of the requests, on every prefix; and a
// canary is replaced step by step with nothing lost, aborted with nothing lost.
func TestACanaryHasExactlyItsShare(t *testing.T) {
	p := Start(t)
	steps := "[{ weight: 10%, approve: true }, { weight: 50%, pause: 500ms }]"
	p.MustDeploy(stepped("v1", steps), time.Minute)
	l := p.Load(heavyConfig())
	before := p.Declare(stepped("v2", steps))
	paused := func(e events.Event) bool { return e.Kind.Name() == "release.paused" }
	p.Log.Await(before, time.Minute, "step 1", paused)
	Lossless(t, l.Stop())
	if n := asks(t, p, 200, "v2", 1000); n < 19 || n > 21 {
		t.Errorf("%d of 200 requests went to the canary", n)
	}
	l = p.Load(heavyConfig())
	p.Wish(events.WishAbortRequested{OfApp: events.OfApp{App: "web"}})
	p.Log.Await(before, time.Minute, "the abort", func(e events.Event) bool { return e.Kind.Name() == "release.rolled-back" })
	before = p.Declare(stepped("v3", steps))
	p.Log.Await(before, time.Minute, "step 1 of the next", paused)
	p.Wish(events.WishPromotionRequested{OfApp: events.OfApp{App: "web"}})
	done := p.Log.Await(before, time.Minute, "completion", func(e events.Event) bool { return e.Kind.Name() == "release.completed" })
	c := l.Stop()
	Lossless(t, c)
	drainedBeforeStopped(t, p)
	if d := done.Data.(events.ReleaseCompleted); d.Failed != 0 || d.Requests == 0 {
		t.Errorf("completed with %+v", d)
	}
	if got := fmt.Sprint(asks(t, p, 5, "v3", 10_000)); got != "5" {
		t.Errorf("%s of 5 answers are v3's", got)
	}
}
