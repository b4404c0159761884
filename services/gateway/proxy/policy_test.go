package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// split is a route of which the second release has that share.
func splitRoute(bp int, endpoints ...Endpoint) Desired {
	d := want("web", 1, 1, endpoints...)
	d.Route.Shares = []Share{{Release: 1, ShareBp: 10000 - bp}, {Release: 2, ShareBp: bp}}
	return d
}

func TestUsersKeepTheirSide(t *testing.T) {
	w := newWay(t, Config{})
	stable, _ := serve(t, "s", 1, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "app", Value: "its own"})
		fmt.Fprint(w, "stable")
	})
	canary, _ := serve(t, "c", 2, says("canary"))
	d := splitRoute(5000, stable, canary)
	d.Route.Sticky = Sticky{Key: Key{By: ByCookie}}
	w.apply(t, d)

	t.Run("a client without a cookie is given one that names a user, beside the app's own", func(t *testing.T) {
		faithful := 0
		for range 40 {
			a := w.do(t, "GET", "/", "")
			user := a.cookie(t, stickyCookie, "Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax")
			if a.body == "stable" && !strings.Contains(strings.Join(a.header["Set-Cookie"], ";"), "app=") {
				t.Fatalf("the app's cookie is lost: %v", a.header["Set-Cookie"])
			}
			stays := a.body == "stable"
			for range 10 {
				again := w.do(t, "GET", "/", "", "Cookie", stickyCookie+"="+user)
				if strings.Contains(strings.Join(again.header["Set-Cookie"], ";"), stickyCookie) {
					t.Fatal("given a second one")
				}
				stays = stays && again.body == "stable"
			}
			if stays {
				faithful++
			}
		}
		if faithful < 6 || faithful > 34 { // by chance alone 40 of 1,024 users would
			t.Errorf("%d of 40 users never saw the canary, which has half of them", faithful)
		}
	})
	t.Run("a header names users; without it requests stay with stable where that is asked for", func(t *testing.T) {
		d := d
		d.PoolGeneration++
		d.Route.Generation++
		d.Route.Sticky = Sticky{Key: Key{By: ByHeader, Name: "X-User"}, NoKey: NoKeyStable}
		w.apply(t, d)
		for range 40 {
			if a := w.do(t, "GET", "/", ""); a.body != "stable" || a.header.Get("Set-Cookie") != "app=\"its own\"" {
				t.Fatalf("%q with %q", a.body, a.header)
			}
		}
		sides := map[string]int{}
		for i := range 200 {
			sides[w.do(t, "GET", "/", "", "X-User", fmt.Sprint(i)).body]++
		}
		if sides["canary"] < 60 || sides["stable"] < 60 {
			t.Fatalf("%v", sides)
		}
	})
}

// cookie is the value of a cookie that was set, which has those parts.
func (a answered) cookie(t *testing.T, name string, parts ...string) string {
	t.Helper()
	for _, line := range a.header["Set-Cookie"] {
		rest, ok := strings.CutPrefix(line, name+"=")
		if !ok {
			continue
		}
		for _, part := range parts {
			if !strings.Contains(line, part) {
				t.Fatalf("cookie %q lacks %s", line, part)
			}
		}
		value, _, _ := strings.Cut(rest, ";")
		return value
	}
	t.Fatalf("no cookie %s", name)
	return ""
}

func TestANewCanaryBeginsItsOwnCount(t *testing.T) {
	w := newWay(t, Config{})
	stable, _ := serve(t, "s", 1, says("stable"))
	two, _ := serve(t, "c2", 2, says("two"))
	three, _ := serve(t, "c3", 3, says("three"))
	w.apply(t, splitRoute(1000, stable, two, three))
	for range 9 {
		w.do(t, "GET", "/", "")
	}
	d := splitRoute(1000, stable, two, three)
	d.Route.Generation, d.PoolGeneration = 2, 2
	d.Route.Shares[1].Release = 3
	w.apply(t, d)
	for n := 1; n <= 10; n++ {
		if got, want := w.do(t, "GET", "/", "").body, map[bool]string{true: "three", false: "stable"}[n == 10]; got != want {
			t.Fatalf("request %d went to %s", n, got)
		}
	}
}

func TestAnAnswerTheAppWantsTriedElsewhere(t *testing.T) {
	w := newWay(t, Config{})
	var asked atomic.Int64
	bad, _ := serve(t, "a", 1, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	good, _ := serve(t, "b", 1, says("good"))
	d := want("web", 1, 1, bad, good)
	d.Route.Retry.Status = []int{503}
	w.apply(t, d)
	for range 3 {
		w.do(t, "GET", "/", "").is(t, 200, "")
	}
	if asked.Load() == 0 {
		t.Fatal("the bad one was never asked")
	}
	if _, failures := sum(w.Counts("web")); failures != 0 {
		t.Errorf("%d failures", failures)
	}
	failed := 0
	for range 4 {
		if w.do(t, "POST", "/", "x").status == 503 {
			failed++
		}
	}
	if failed == 0 {
		t.Error("a POST was sent twice")
	}
}

func TestAnAppsOwnErrorPage(t *testing.T) {
	w := newWay(t, Config{})
	d := want("web", 1, 1)
	d.Route.ErrorPage = "<h1>shop: {{status}} {{code}} {{requestId}}</h1>"
	w.applyDead(t, d)
	page := w.do(t, "GET", "/", "", "Accept", "text/html")
	page.is(t, 503, "no-endpoint")
	if !strings.HasPrefix(page.body, "<h1>shop: 503 no-endpoint ") || strings.Contains(page.body, "{{") {
		t.Errorf("page %q", page.body)
	}
	if json := w.do(t, "GET", "/", ""); !strings.HasPrefix(json.body, "{") {
		t.Errorf("who asked for no page got %q", json.body)
	}
}

func TestAKeyStaysWithItsEndpoint(t *testing.T) {
	w := newWay(t, Config{})
	var list []Endpoint
	for i := range 4 {
		e, _ := serve(t, fmt.Sprint(i), 1, says(fmt.Sprint(i)))
		list = append(list, e)
	}
	d := want("web", 1, 1, list...)
	d.Route.Balance, d.Route.Key = "hash", Key{By: ByHeader, Name: "X-Cart"}
	w.apply(t, d)
	used := map[string]bool{}
	for cart := range 24 {
		first := w.do(t, "GET", "/", "", "X-Cart", fmt.Sprint(cart)).body
		used[first] = true
		for range 3 {
			if again := w.do(t, "GET", "/", "", "X-Cart", fmt.Sprint(cart)).body; again != first {
				t.Fatalf("cart %d went to %s and %s", cart, first, again)
			}
		}
	}
	if len(used) != 4 {
		t.Errorf("used %v", used)
	}
}
