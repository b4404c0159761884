package cli_test

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/services/slipway/e2e"
)

func TestGoals(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	t.Run("deploy --no-wait ends when the wish is accepted", func(t *testing.T) {
		a := p.asks(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y", "--no-wait")
		if a.Items[0]["outcome"] != "running" || a.Items[0]["correlation"] == "" {
			t.Errorf("%v", a.Items)
		}
		p.does(0, "status", "shop", "--wait")
		if r := p.does(0, "deploy", p.file("later.yaml", e2e.Example("later", "v1", "rolling", "")), "-y", "--no-wait"); r.Stdout != "later: accepted\n" {
			t.Errorf("says %q of a release that is not planned yet", r.Stdout)
		}
		p.does(0, "status", "later", "--wait")
	})
	t.Run("--wait-for promoted ends no later than completed", func(t *testing.T) {
		if a := p.asks(0, "deploy", p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", "")), "-y", "--wait-for", "promoted"); a.Items[0]["outcome"] != "promoted" {
			t.Errorf("%v", a.Items)
		}
		p.does(0, "status", "shop", "--wait")
	})
	manual := strings.Replace(e2e.Example("shop", "v3", "blue-green", ""), "keep: { warm: 0 }", "blueGreen: { promote: manual }", 1)
	t.Run("--wait-for paused ends with 0 at an approval, promote goes on", func(t *testing.T) {
		if a := p.asks(0, "deploy", p.file("v3.yaml", manual), "-y", "--wait-for", "paused"); a.Items[0]["outcome"] != "paused" {
			t.Errorf("%v", a.Items)
		}
		if a := p.asks(6, "resume", "shop"); !strings.Contains(strings.Join(a.Error.Why, ""), "slipway promote shop") {
			t.Errorf("%+v", a.Error)
		}
		if a := p.asks(0, "promote", "shop"); a.Items[0]["outcome"] != "promoted" || a.Items[0]["release"] != 3.0 {
			t.Errorf("%v", a.Items)
		}
	})
	t.Run("a rollback onto the warm release is at once", func(t *testing.T) {
		began := time.Now()
		if a := p.asks(0, "rollback", "shop"); a.Items[0]["release"] != 2.0 || a.Items[0]["outcome"] != "promoted" {
			t.Errorf("%v", a.Items)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		if a := p.asks(0, "deploy", "v3.yaml", "-y"); a.Items[0]["outcome"] != "promoted" || a.Items[0]["release"] != 3.0 {
			t.Errorf("the way forward again: %v", a.Items)
		}
	})
	t.Run("several apps in one file, the worst outcome ends the verb", func(t *testing.T) {
		file := p.file("two.yaml", e2e.Example("one", "v1", "rolling", "")+"---\n"+never("two"))
		a := p.asks(1, "deploy", file, "-y")
		if len(a.Items) != 2 || a.Items[0]["outcome"] != "promoted" || a.Items[1]["outcome"] != "failed" || a.Error.Code != "SLW-D011" {
			t.Errorf("%+v %v", a.Error, a.Items)
		}
	})
	t.Run("a host that another app owns ends with 6, T001, and names the owner", func(t *testing.T) {
		taken := strings.Replace(e2e.Example("thief", "v1", "rolling", ""), "http: {}", "http: { host: shop.localhost }", 1)
		a := p.asks(6, "deploy", p.file("thief.yaml", taken), "-y")
		if a.Error.Code != "SLW-T001" || !strings.Contains(strings.Join(a.Error.Why, ""), "shop") {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("retry makes a new release of what failed", func(t *testing.T) {
		p.does(7, "deploy", p.file("bad.yaml", never("shop")), "-y")
		if a := p.asks(7, "retry", "shop"); a.Error.Code != "SLW-D012" || a.Items[0]["action"] != "retry" {
			t.Errorf("%+v %v", a.Error, a.Items)
		}
		p.does(7, "status", "shop", "--wait")
		if a := p.asks(0, "deploy", "v3.yaml", "-y"); a.Items[0]["outcome"] != "unchanged" {
			t.Errorf("%v", a.Items)
		}
		p.does(0, "status", "shop", "--wait") // as the deploy ended, and not the release before it
	})
	t.Run("a retired app can be declared again", func(t *testing.T) {
		p.does(0, "retire", "one", "-y")
		if a := p.asks(0, "deploy", p.file("one.yaml", e2e.Example("one", "v1", "rolling", "")), "-y"); a.Items[0]["outcome"] != "promoted" {
			t.Errorf("%v", a.Items)
		}
		if s := p.asks(0, "status", "one"); s.Items[0]["state"] != "healthy" {
			t.Errorf("%v", s.Items)
		}
	})
	t.Run("promote and retire --no-wait end when the wish is accepted", func(t *testing.T) {
		p.does(0, "deploy", p.file("v4.yaml", strings.Replace(manual, "v3", "v4", -1)), "-y", "--wait-for", "paused")
		if a := p.asks(124, "status", "shop", "--wait", "--timeout", "1s"); a.Error.Fix[0] != "slipway promote shop" {
			t.Errorf("what waits for a person is to be told so: %v", a.Error.Fix)
		}
		if a := p.asks(0, "promote", "shop", "--no-wait"); a.Items[0]["outcome"] != "running" || a.Items[0]["release"] == nil {
			t.Errorf("%v", a.Items)
		}
		p.does(0, "status", "shop", "--wait")
		if s := p.asks(0, "status", "shop"); s.Items[0]["state"] != "healthy" || s.Items[0]["current"] == 3.0 {
			t.Errorf("%v", s.Items)
		}
		if r := p.does(0, "retire", "one", "-y", "--no-wait"); r.Stdout != "one: retire accepted\n" {
			t.Errorf("%q", r.Stdout)
		}
		p.does(0, "status", "one", "--wait")
	})
}

// TestAppsAtOnce: one app that gets nowhere holds none of the others back, and what
// they came to is one document.
func TestAppsAtOnce(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	file := p.file("three.yaml", never("bad")+"---\n"+e2e.Example("one", "v1", "rolling", "")+"---\n"+e2e.Example("two", "v1", "rolling", ""))
	a := p.asks(1, "deploy", file, "-y", "--progress", "plain")
	if len(a.Items) != 3 || a.Error.Code != "SLW-D011" {
		t.Fatalf("%+v %v", a.Error, a.Items)
	}
	for i, want := range []string{"failed", "promoted", "promoted"} {
		if a.Items[i]["outcome"] != want {
			t.Errorf("%s: %s, want %s", a.Items[i]["app"], a.Items[i]["outcome"], want)
		}
	}
	ended := p.Log.All(e2e.Is("bad", "release", "stranded"))
	for _, app := range []string{"one", "two"} {
		promoted := p.Log.All(e2e.Is(app, "release", "promoted"))
		if len(ended) != 1 || len(promoted) != 1 || promoted[0].Pos.After(ended[0].Pos) {
			t.Errorf("%s waited for an app that came to nothing", app)
		}
	}
}
