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

// asUser is who answers a user's request: the version's word in the answer.
func asUser(t *testing.T, p *Plane, user string, versions ...string) string {
	t.Helper()
	r, err := http.NewRequest("GET", p.Gateway, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "web.localhost"
	if user != "" {
		r.Header.Set("X-User", user)
	}
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %s %v", res.StatusCode, body, err)
	}
	for _, v := range versions {
		if strings.Contains(string(body), v) {
			return v
		}
	}
	t.Fatalf("nobody of %v answered: %s", versions, body)
	return ""
}

// delivery-C31: a user stays on one side of a canary by the hash of the key; who names no
// user goes to the stable release where the file says so; after the promotion all go to
// the new one, whatever they went to before.
func TestUsersStayOnTheirSideOfACanary(t *testing.T) {
	p := Start(t)
	file := func(version string) string {
		return strings.Replace(stepped(version, "[{ weight: 40%, approve: true }]"), "strategy: canary,",
			"strategy: canary, sticky: { by: header, name: X-User, noKey: stable },", 1)
	}
	p.MustDeploy(file("v1"), time.Minute)
	before := p.Declare(file("v2"))
	p.Log.Await(before, time.Minute, "step 1", func(e events.Event) bool { return e.Kind.Name() == "release.paused" })
	// Chance for each request would give nearly every user the canary within six. One of
	// the canary's users may be served by stable when the share is used up.
	const users, rounds = 40, 6
	canaries, served := map[string]bool{}, 0
	for range rounds {
		for u := range users {
			user := fmt.Sprintf("user-%d", u)
			if asUser(t, p, user, "v1", "v2") == "v2" {
				canaries[user] = true
				served++
			}
		}
		if v := asUser(t, p, "", "v1", "v2"); v != "v1" {
			t.Errorf("a request of nobody went to %s", v)
		}
	}
	if n := len(canaries); n < 6 || n > 26 || served > (users+1)*rounds*4/10 || served < n*rounds/2 {
		t.Errorf("%d users of %d were the canary's, %d times", n, users, served)
	}
	p.Wish(events.WishPromotionRequested{OfApp: events.OfApp{App: "web"}})
	p.Log.Await(before, time.Minute, "completion", func(e events.Event) bool { return e.Kind.Name() == "release.completed" })
	for u := range users {
		if v := asUser(t, p, fmt.Sprintf("user-%d", u), "v1", "v2"); v != "v2" {
			t.Errorf("user-%d went to %s after the promotion", u, v)
		}
	}
}
