package cli_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/load"
)

// num is a field of a document's item.
func num(item map[string]any, path ...string) float64 {
	for _, name := range path[:len(path)-1] {
		item, _ = item[name].(map[string]any)
	}
	n, _ := item[path[len(path)-1]].(float64)
	return n
}

// TestTraffic: interface-21's counts, and what becomes of requests that are held.
func TestTraffic(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.does(0, "deploy", p.file("v1.yaml", failing("v1")), "-y")
	total := 0
	t.Run("totals are what the client counted, each backend has its part", func(t *testing.T) {
		l := p.Load(load.Config{Host: "shop.localhost", Rate: 300, Methods: []string{"GET", "POST"}, Body: []byte("x")})
		e2e.Await(t, 20*time.Second, "some load", func() bool { return l.Counts().Sent > 400 })
		c := l.Stop()
		total = c.Sent
		var shop map[string]any
		e2e.Await(t, 20*time.Second, "every request counted", func() bool {
			shop = p.asks(0, "traffic", "shop").Items[0]
			return num(shop, "totals", "requests") == float64(c.Sent)
		})
		if c.Failed == 0 || num(shop, "totals", "failed") != float64(c.Failed) || num(shop, "requests") != float64(c.Sent) || num(shop, "failed") != float64(c.Failed) {
			t.Errorf("the client counted %d, %d of them failed; %v", c.Sent, c.Failed, shop)
		}
		backends, sum := shop["backends"].([]any), 0.0
		for _, b := range backends {
			b := b.(map[string]any)
			sum += num(b, "requests")
			if b["state"] != "ready" || b["node"] != "n1" || b["breaker"] != "closed" || num(b, "p99Ms") <= 0 || num(b, "p50Ms") > num(b, "p99Ms") {
				t.Errorf("%v", b)
			}
		}
		split := shop["splits"].([]any)[0].(map[string]any)
		if len(backends) != 2 || sum != float64(c.Sent) || num(split, "want") != 1 || num(split, "measured") != 1 {
			t.Errorf("%v backends had %v, the release %v", len(backends), sum, split)
		}
		release := p.asks(0, "status", "shop").Items[0]["releases"].([]any)[0].(map[string]any)
		if num(release, "measured") != 1 || num(release, "errorShare") != num(shop, "errorShare") || num(release, "p99Ms") <= 0 {
			t.Errorf("status: %v", release)
		}
		gateway := shop["gateways"].([]any)[0].(map[string]any)
		if gateway["id"] != "gw1-a" || gateway["applied"] != shop["generation"] {
			t.Errorf("%v of %v", gateway, shop["generation"])
		}
	})
	t.Run("interface-21 a canary's share is measured to the request; failures are those the client counted", func(t *testing.T) {
		p.does(0, "deploy", p.file("v2.yaml", failing("v2")), "-y", "--wait-for", "paused")
		before := p.asks(0, "traffic", "shop").Items[0]
		l := p.Load(load.Config{Host: "shop.localhost", Rate: 300})
		e2e.Await(t, 20*time.Second, "some load", func() bool { return l.Counts().Sent > 300 })
		c := l.Stop()
		var shop map[string]any
		e2e.Await(t, 20*time.Second, "every request counted", func() bool {
			shop = p.asks(0, "traffic", "shop").Items[0]
			return num(shop, "totals", "requests") == float64(total+c.Sent)
		})
		if failed := num(shop, "totals", "failed") - num(before, "totals", "failed"); failed != float64(c.Failed) {
			t.Errorf("%v failed, the client counted %d", failed, c.Failed)
		}
		splits := shop["splits"].([]any)
		for _, s := range splits {
			s := s.(map[string]any)
			off := (num(s, "measured") - num(s, "want")) * float64(c.Sent)
			if n := num(s, "requests"); off > 1 || off < -1 || n < 1 || n > float64(c.Sent) {
				t.Errorf("of %d requests %v", c.Sent, s)
			}
		}
		if len(splits) != 2 || num(splits[1].(map[string]any), "want") != 0.1 {
			t.Errorf("%v", splits)
		}
		p.does(0, "abort", "shop")
	})
	t.Run("the table says the same; -w shows it again until Ctrl-C", func(t *testing.T) {
		r := p.does(0, "traffic")
		if !strings.HasPrefix(r.Stdout, "APP ") || !strings.Contains(r.Stdout, "shop") || !strings.Contains(r.Stdout, "BACKEND") {
			t.Errorf("%s", r.Stdout)
		}
		w := p.starts("traffic", "shop", "-w")
		e2e.Await(t, 20*time.Second, "two pictures", func() bool { return strings.Count(w.out.String(), "BACKEND") >= 2 })
		w.interrupt(t)
		w.ends(t, 130, 10*time.Second)
	})
	t.Run("delivery-G07 held requests wait and go on in the end, too late they get 504, stopped ones 503 with the message", p.holds)
	t.Run("a person overrules the brake, of the fleet and of an app", func(t *testing.T) {
		for _, scope := range []string{"fleet", "shop"} {
			a := p.asks(0, "traffic", "evict", scope, "-m", "the rack is gone")
			if i := a.Items[0]; i["scope"] != scope || i["state"] != "released" || i["override"] != true {
				t.Errorf("%v", i)
			}
			if i := p.asks(0, "traffic", "evict", scope, "--lift", "-m", "it is back").Items[0]; i["override"] != false {
				t.Errorf("%v", i)
			}
		}
	})
	t.Run("what cannot be is told by its code", func(t *testing.T) {
		p.does(0, "deploy", p.file("batch.yaml", "name: batch\ncommand: [slipway, example, worker]\nreplicas: 1\nresources: { cpu: 10m, memory: 16Mi }\nhealth: { minReady: 0s }\n"), "-y")
		for code, args := range map[string]string{
			"SLW-E001 3": "traffic shpo", "SLW-D019 1": "traffic hold batch", "SLW-U002 2": "traffic evict shop",
		} {
			word, exit, _ := strings.Cut(code, " ")
			if a := p.asks(int(exit[0]-'0'), strings.Fields(args)...); a.Error.Code != word {
				t.Errorf("%s: %+v", args, a.Error)
			}
		}
		p.does(2, "traffic", "hold", "shop", "--stop", "--for", "1m")
		p.does(2, "traffic", "--since", "yesterday")
	})
}

// failing is an app of which one answer in ten is a 500; it is replaced as a canary that
// waits at a tenth.
func failing(version string) string {
	file := strings.Replace(e2e.Example("shop", version, "canary", ""), "example, http,", "example, http, --fail-ratio, '0.1',", 1)
	return strings.Replace(file, "strategy: canary,", "strategy: canary, steps: [{ weight: 10%, approve: true }],", 1)
}

// got is what a held request got.
type got struct {
	code int
	body string
	err  error
}

// holds: a request waits at the gateway, and what becomes of it.
func (p person) holds(t *testing.T) {
	ask := func() chan got {
		c := make(chan got, 1)
		go func() {
			r, err := http.NewRequest(http.MethodGet, p.Gateway+"/", nil)
			if err != nil {
				c <- got{err: err}
				return
			}
			r.Host = "shop.localhost"
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				c <- got{err: err}
				return
			}
			defer res.Body.Close()
			b, err := io.ReadAll(res.Body)
			c <- got{res.StatusCode, string(b), err}
		}()
		return c
	}
	hold := func(args ...string) map[string]any {
		t.Helper()
		i := p.asks(0, append([]string{"traffic", "hold", "shop"}, args...)...).Items[0]
		e2e.Await(t, 20*time.Second, "the hold to be applied", func() bool {
			return len(p.Log.All(func(e events.Event) bool {
				d, ok := e.Data.(events.RoutingApplied)
				return ok && d.App == "shop" && float64(d.Generation) >= num(i, "generation")
			})) > 0
		})
		return i
	}
	waiting := func() bool { return num(p.asks(0, "traffic", "shop").Items[0], "held") == 1 }

	if i := hold("--for", "20s", "-m", "moving the database"); i["state"] != "held" || i["kind"] != "pause" || num(i, "maxWaitMs") != 20_000 {
		t.Errorf("%v", i)
	}
	c := ask()
	e2e.Await(t, 20*time.Second, "a request to wait", waiting)
	if i := p.asks(0, "traffic", "release", "shop").Items[0]; i["state"] != "flowing" {
		t.Errorf("%v", i)
	}
	if g := <-c; g.err != nil || g.code != 200 && g.code != 500 { // one in ten fails by itself
		t.Errorf("released: %+v", g)
	}
	hold("--for", "1s")
	if g := <-ask(); g.err != nil || g.code != 504 || !strings.Contains(g.body, "hold-timeout") {
		t.Errorf("waited too long: %+v", g)
	}
	hold("--for", "20s")
	c = ask()
	e2e.Await(t, 20*time.Second, "a request to wait", waiting)
	hold("--stop", "-m", "back at three")
	for _, g := range []got{<-c, <-ask()} {
		if g.err != nil || g.code != 503 || !strings.Contains(g.body, "back at three") {
			t.Errorf("stopped: %+v", g)
		}
	}
	p.does(0, "traffic", "release", "shop")
	before := p.wishes()
	if i := p.asks(0, "traffic", "release", "shop").Items[0]; i["state"] != "flowing" || p.wishes() != before {
		t.Errorf("requests flow, and yet it is wished: %v", i)
	}
}
