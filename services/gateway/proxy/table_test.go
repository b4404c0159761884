package proxy

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

func TestRoutes(t *testing.T) {
	w := newWay(t, Config{})
	shop, _ := serve(t, "shop", 1, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "shop "+r.URL.EscapedPath()) })
	other, _ := serve(t, "other", 1, says("other"))
	d := want("shop", 1, 1, shop)
	d.Route.Rules = []Rule{{Host: "shop.example.com", Path: "/a"}, {Host: "shop.example.com", Path: "/a/deep/", Strip: true}, {Host: "*.example.com", Path: "/"}}
	w.apply(t, d)
	o := want("other", 1, 1, other)
	o.Route.Rules = []Rule{{Host: "other.example.org", Path: "/"}, {Host: "shop.example.com", Path: "/a/other"}}
	w.apply(t, o)

	t.Run("dataplane-19 a prefix ends on a segment border", func(t *testing.T) {
		w.do(t, "GET", "/ab", "", "Host", "shop.example.com").is(t, 404, "no-route")
		w.do(t, "GET", "/a", "", "Host", "shop.example.com").is(t, 200, "")
		w.do(t, "GET", "/a/b", "", "Host", "shop.example.com").is(t, 200, "")
	})
	t.Run("dataplane-19 an unknown host is 404", func(t *testing.T) {
		w.do(t, "GET", "/", "", "Host", "nobody.test").is(t, 404, "no-route")
	})
	t.Run("hosts match exactly, then by one label", func(t *testing.T) {
		w.do(t, "GET", "/x", "", "Host", "SHOP.example.com.:80").is(t, 404, "no-route")
		w.do(t, "GET", "/a", "", "Host", "SHOP.Example.com.").is(t, 200, "")
		w.do(t, "GET", "/x", "", "Host", "any.example.com").is(t, 200, "")
		w.do(t, "GET", "/x", "", "Host", "too.many.example.com").is(t, 404, "no-route")
		w.do(t, "GET", "/x", "", "Host", "example.com").is(t, 404, "no-route")
	})
	t.Run("the longest prefix wins", func(t *testing.T) {
		if a := w.do(t, "GET", "/a/other/x", "", "Host", "shop.example.com"); a.body != "other" {
			t.Fatalf("%q", a.body)
		}
	})
	t.Run("a stripped prefix is gone, the rest is as it was written", func(t *testing.T) {
		for path, seen := range map[string]string{"/a/deep/x%20y/z": "/x%20y/z", "/a/deep": "/", "/a/b%3Bc": "/a/b%3Bc"} {
			if a := w.do(t, "GET", path, "", "Host", "shop.example.com"); a.body != "shop "+seen {
				t.Errorf("%s: endpoint saw %q, want %q", path, a.body, seen)
			}
		}
	})
	t.Run("a host and path has one owner", func(t *testing.T) {
		thief := want("thief", 1, 1, other)
		thief.Route.Rules = []Rule{{Host: "Shop.example.com", Path: "/a/"}}
		_, err := w.Apply(context.Background(), thief)
		mustRefuse(t, err, "belongs to shop")
		w.do(t, "GET", "/a", "", "Host", "shop.example.com").is(t, 200, "")
	})
	t.Run("dataplane-18 shares that do not sum to one are refused, the old table serves", func(t *testing.T) {
		bad := want("shop", 2, 1, shop)
		bad.Route.Shares = []Share{{1, 9500}, {2, 400}}
		_, err := w.Apply(context.Background(), bad)
		mustRefuse(t, err, "sum to 9900")
		w.do(t, "GET", "/a", "", "Host", "shop.example.com").is(t, 200, "")
	})
	t.Run("an older generation is refused", func(t *testing.T) {
		d.Route.Generation, d.PoolGeneration = 3, 3
		w.apply(t, d)
		d.Route.Generation = 2
		_, err := w.Apply(context.Background(), d)
		mustRefuse(t, err, "older")
	})
	t.Run("an older pool is refused, whatever the route's generation", func(t *testing.T) {
		d.Route.Generation, d.PoolGeneration = 3, 2
		_, err := w.Apply(context.Background(), d)
		mustRefuse(t, err, "pool generation 2 is older than 3")
		d.PoolGeneration = 3
	})
	t.Run("dataplane-19 no ready endpoint is 503, never 404", func(t *testing.T) {
		d.Route.Generation, d.Endpoints[0].Ready = 4, false
		w.apply(t, d)
		a := w.do(t, "GET", "/a", "", "Host", "shop.example.com")
		a.is(t, 503, "no-endpoint")
		if a.header.Get("Retry-After") != "1" {
			t.Fatal("no Retry-After")
		}
	})
	t.Run("a removed route is 404 and its endpoints drain", func(t *testing.T) {
		w.Remove("shop")
		w.do(t, "GET", "/a", "", "Host", "shop.example.com").is(t, 404, "no-route")
		w.awaitDrained(t, "shop")
	})
}

func TestRuleRefusals(t *testing.T) {
	for part, change := range map[string]func(*Route){
		"begin with a slash": func(r *Route) { r.Rules[0].Path = "a" },
		"wildcard":           func(r *Route) { r.Rules[0].Host = "a.*.b" },
		"rules":              func(r *Route) { r.Rules = make([]Rule, maxRules+1) },
		"two":                func(r *Route) { r.Shares = []Share{{1, 9000}, {2, 500}, {3, 500}} },
		"least-request":      func(r *Route) { r.Balance = "luck" },
		"hold kind":          func(r *Route) { r.Hold = &Hold{Kind: "nap"} },
	} {
		d := want("web", 1, 1)
		change(&d.Route)
		_, err := New(Config{}).Apply(context.Background(), d)
		mustRefuse(t, err, part)
	}
}

func TestReleases(t *testing.T) {
	w := newWay(t, Config{})
	stable, _ := serve(t, "web-1-a", 1, says("stable"))
	canary, stop := serve(t, "web-2-a", 2, says("canary"))
	outside, _ := serve(t, "b1", 0, says("outside"))
	d := want("web", 1, 1, stable, canary)
	d.Route.Shares = []Share{{1, 9500}, {2, 500}}
	d.Route.Rules = append(d.Route.Rules, Rule{Host: "preview.test", Path: "/", Release: 2})
	w.apply(t, d)

	t.Run("a canary gets exactly its share of every prefix", func(t *testing.T) {
		seen := 0
		for n := 1; n <= 400; n++ {
			if w.do(t, "GET", "/", "").body == "canary" {
				seen++
			}
			if seen != n*500/10000 {
				t.Fatalf("canary had %d of %d", seen, n)
			}
		}
	})
	t.Run("a preview goes to its release alone and does not split", func(t *testing.T) {
		for range 5 {
			if a := w.do(t, "GET", "/", "", "Host", "preview.test"); a.body != "canary" {
				t.Fatalf("%q", a.body)
			}
		}
	})
	t.Run("the counts tell every request once", func(t *testing.T) {
		want := `[{"Release":1,"Requests":380,"Failures":0},{"Release":2,"Requests":25,"Failures":0}]`
		eventually(t, want, func() bool { return toJSON(w.Totals("web")) == want })
		if got := toJSON(w.Counts("web")); got != want {
			t.Fatal(got)
		}
		if more := w.Counts("web"); len(more) != 0 {
			t.Fatalf("told twice: %v", more)
		}
	})
	t.Run("a dead canary fails over to stable and counts as the canary's failure", func(t *testing.T) {
		stop()
		for range 20 {
			if a := w.do(t, "GET", "/", ""); a.body != "stable" {
				t.Fatalf("%d %q", a.status, a.body)
			}
		}
		want := `[{"Release":1,"Requests":19,"Failures":0},{"Release":2,"Requests":1,"Failures":1}]`
		eventually(t, "20 answers", func() bool { n, _ := sum(w.Totals("web")); return n == 425 })
		if got := toJSON(w.Counts("web")); got != want {
			t.Fatal(got)
		}
	})
	t.Run("an empty canary's share goes to stable", func(t *testing.T) {
		d.PoolGeneration, d.Endpoints = 2, []Endpoint{stable}
		w.apply(t, d)
		for range 40 {
			if a := w.do(t, "GET", "/", ""); a.body != "stable" {
				t.Fatalf("%d %q", a.status, a.body)
			}
		}
		w.do(t, "GET", "/", "", "Host", "preview.test").is(t, 503, "no-endpoint")
	})
	t.Run("endpoints from outside join the stable release", func(t *testing.T) {
		d.PoolGeneration, d.Endpoints = 3, []Endpoint{outside}
		w.apply(t, d)
		if a := w.do(t, "GET", "/", ""); a.body != "outside" {
			t.Fatalf("%d %q", a.status, a.body)
		}
	})
}

func TestANamedPort(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "web-1-a", 1, says("main"))
	admin, _ := serve(t, "admin", 1, says("admin"))
	e.Ports = map[string]string{"admin": admin.Address}
	d := want("web", 1, 1, e)
	d.Route.Rules = []Rule{{Path: "/"}, {Path: "/admin", Port: "admin"}, {Path: "/none", Port: "none"}}
	w.apply(t, d)
	if a := w.do(t, "GET", "/admin", ""); a.body != "admin" {
		t.Fatalf("%q", a.body)
	}
	if a := w.do(t, "GET", "/", ""); a.body != "main" {
		t.Fatalf("%q", a.body)
	}
	w.do(t, "GET", "/none", "").is(t, 503, "no-endpoint")
}

// dataplane-7, the gateway's half.
func TestTerminatingEndpointsServeUntilAnotherIsReady(t *testing.T) {
	w := newWay(t, Config{})
	old, _ := serve(t, "old", 1, says("old"))
	next, _ := serve(t, "next", 1, says("next"))
	w.apply(t, want("web", 1, 1, old))
	old.Terminating, old.Ready = true, false
	w.apply(t, want("web", 2, 1, old))
	if a := w.do(t, "GET", "/", ""); a.body != "old" {
		t.Fatalf("%d %q", a.status, a.body)
	}
	a := w.apply(t, want("web", 3, 1, old, next))
	if len(a.Idle) != 0 {
		t.Fatalf("idle %v, it has only begun to leave", a.Idle)
	}
	if a := w.do(t, "GET", "/", ""); a.body != "next" {
		t.Fatalf("%d %q", a.status, a.body)
	}
	w.awaitDrained(t, "old")
	if a := w.apply(t, want("web", 4, 1, old, next)); toJSON(a.Idle) != `["old"]` {
		t.Fatalf("idle %v", a.Idle)
	}
}

// An endpoint of a canary that is on its way out is asked only where stable has nobody:
// the canary's share is stable's then.
func TestACanaryThatLeavesIsAskedOnlyWithoutAStable(t *testing.T) {
	w := newWay(t, Config{})
	stable, _ := serve(t, "stable", 1, says("stable"))
	canary, _ := serve(t, "canary", 2, says("canary"))
	d := want("web", 1, 1, stable, canary)
	d.Route.Shares = []Share{{1, 5000}, {2, 5000}}
	w.apply(t, d)
	canary.Ready, canary.Terminating = false, true
	d.PoolGeneration, d.Endpoints = 2, []Endpoint{stable, canary}
	w.apply(t, d)
	for range 10 {
		if a := w.do(t, "GET", "/", ""); a.body != "stable" {
			t.Fatalf("%d %q while stable serves", a.status, a.body)
		}
	}
}

// The splitter decides once about a request, however often it is tried.
func TestARequestThatIsTriedAgainCountsOnceInTheSplit(t *testing.T) {
	w := newWay(t, Config{})
	var seen atomic.Int64
	a, b := resets(t, "a", "", &seen), resets(t, "b", "", &seen)
	canary, _ := serve(t, "canary", 2, says("canary"))
	d := want("web", 1, 1, a, b, canary)
	d.Route.Shares = []Share{{1, 9000}, {2, 1000}}
	w.apply(t, d)
	const all = 9 // all of them stable's
	for range all {
		w.do(t, "GET", "/", "").is(t, 502, "reset")
	}
	if n := seen.Load(); n != 2*all {
		t.Fatalf("%d attempts at %d requests", n, all)
	}
	if n := w.table.Load().apps["web"].split.plain.Seen(); n != all {
		t.Errorf("the splitter counted %d of %d requests", n, all)
	}
}
