package cli_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
)

func TestDeploy(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	t.Run("interface-5 deploy -y of a fresh app ends with 0 and its URL answers 200", func(t *testing.T) {
		p.does(0, "init", "shop")
		began := time.Now()
		a := p.asks(0, "deploy", "shop/app.yaml", "-y")
		if took := time.Since(began); took > 5*15*time.Second {
			t.Errorf("took %s", took)
		}
		if a.Items[0]["outcome"] != "promoted" || a.Items[0]["release"] != 1.0 {
			t.Errorf("%v", a.Items)
		}
		urls := a.Items[0]["urls"].([]any)
		if code, err := p.get(urls[0].(string)); code != http.StatusOK || err != nil {
			t.Errorf("%s answers %d %v", urls[0], code, err)
		}
	})
	t.Run("interface-6 the same deploy again is up to date and wishes nothing", func(t *testing.T) {
		wishes, said := p.wishes(), p.facts("shop")
		a := p.asks(0, "deploy", "shop/app.yaml", "-y")
		if a.Items[0]["outcome"] != "unchanged" {
			t.Errorf("%v", a.Items)
		}
		if r := p.does(0, "deploy", "shop/app.yaml"); !strings.Contains(r.Stdout, "shop: up to date (release 1)") {
			t.Errorf("%q", r.Stdout)
		}
		if p.wishes() != wishes || p.facts("shop") != said {
			t.Errorf("%d wishes and %d facts of the app, then %d and %d", wishes, said, p.wishes(), p.facts("shop"))
		}
	})
	t.Run("interface-7 a file with mistakes sends nothing", func(t *testing.T) {
		wishes, said := p.wishes(), p.facts("shop")
		file := p.file("wrong.yaml", "name: shop\ncolour: red\ncommand: [slipway]\nreplicas: [2]\ndeploy:\n  strategy: rollin\n")
		r := p.does(2, "deploy", file, "-y")
		for _, want := range []string{"wrong.yaml:2:1 colour", "wrong.yaml:4:11 replicas", "wrong.yaml:6:13 deploy.strategy", "3 errors in wrong.yaml; nothing was sent"} {
			if !strings.Contains(r.Stderr, want) {
				t.Errorf("%q is not told:\n%s", want, r.Stderr)
			}
		}
		if p.wishes() != wishes || p.facts("shop") != said {
			t.Error("something was wished")
		}
	})
	t.Run("interface-8 deploy without a terminal and without -y ends with 2 and wishes nothing", func(t *testing.T) {
		wishes := p.wishes()
		p.file("app.yaml", e2e.Example("shop", "v2", "rolling", ""))
		if a := p.asks(2, "deploy"); a.Error.Code != "SLW-U003" || a.Error.Fix[0] != "slipway deploy -o json --yes" {
			t.Errorf("%+v", a.Error)
		}
		if p.wishes() != wishes {
			t.Error("something was wished")
		}
	})
}

func TestPlan(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.file("app.yaml", e2e.Example("shop", "v1", "rolling", ""))
	t.Run("interface-8 plan wishes nothing, --exit-code tells 10, and 0 after the deploy", func(t *testing.T) {
		a := p.asks(10, "plan", "--exit-code")
		if a.Items[0]["noop"] != false || a.Items[0]["release"] != 1.0 || p.wishes() != 0 {
			t.Errorf("%v, %d wishes", a.Items, p.wishes())
		}
		p.does(0, "deploy", "-y", "--plan", a.Items[0]["id"].(string))
		if a := p.asks(0, "plan", "--exit-code"); a.Items[0]["noop"] != true {
			t.Errorf("%v", a.Items)
		}
	})
	t.Run("interface-8 deploy --plan after another declare ends with 6, D001, without a wish", func(t *testing.T) {
		p.file("app.yaml", e2e.Example("shop", "v2", "rolling", ""))
		stale := p.asks(0, "plan").Items[0]["id"].(string)
		p.MustDeploy(e2e.Example("shop", "v3", "rolling", ""), 60*time.Second)
		wishes := p.wishes()
		if a := p.asks(6, "deploy", "-y", "--plan", stale); a.Error.Code != "SLW-D001" || p.wishes() != wishes {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("interface-8 the same wish published twice is one fact", func(t *testing.T) {
		wish := events.NewWish("person:test", events.WishHaltRequested{OfApp: events.OfApp{App: "shop"}}, time.Now(), "the-same-id")
		before := p.Log.Head()
		for range 2 {
			if _, err := p.Log.Bus.Wish(t.Context(), wish); err != nil {
				t.Fatal(err)
			}
		}
		p.Log.Await(before, 10*time.Second, "the refusal", e2e.Is("shop", "release", "halt-refused"))
		p.asks(6, "resume", "shop") // answered after it, so that a second answer would be there
		if n := len(p.Log.All(e2e.Is("shop", "release", "halt-refused"))); n != 1 {
			t.Errorf("%d answers", n)
		}
	})
	t.Run("a plan that cannot be met is printed in full and ends with 1", func(t *testing.T) {
		file := p.file("huge.yaml", strings.Replace(e2e.Example("huge", "v1", "rolling", ""), "memory: 16Mi", "memory: 4096Gi", 1))
		if a := p.asks(1, "plan", file); a.Error.Code != "SLW-D002" || len(a.Items) != 1 || len(a.Items[0]["refused"].([]any)) == 0 {
			t.Errorf("%+v %v", a.Error, a.Items)
		}
		if a := p.asks(1, "deploy", file, "-y"); a.Error.Code != "SLW-D002" || a.Items[0]["outcome"] != "refused" {
			t.Errorf("%+v %v", a.Error, a.Items)
		}
	})
}

func TestFailedReleases(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	t.Run("interface-9 a first release that fails ends with 1, D011, and leaves no instance", func(t *testing.T) {
		a := p.asks(1, "deploy", p.file("bad.yaml", never("bad")), "-y")
		if a.Error.Code != "SLW-D011" || a.Items[0]["outcome"] != "failed" {
			t.Errorf("%+v", a.Error)
		}
		told := strings.Join(append(a.Error.Why, a.Error.Logs...), "\n")
		if !strings.Contains(told, "exit code 3") || !strings.Contains(told, "panic: nil price table") {
			t.Errorf("neither exit code nor log: %q", told)
		}
		if left := p.asks(0, "ps", "bad"); len(left.Items) != 0 {
			t.Errorf("%v", left.Items)
		}
		if s := p.asks(0, "status", "bad"); s.Items[0]["state"] != "failed" || s.Items[0]["reason"] == "" {
			t.Errorf("%v", s.Items)
		}
		p.does(1, "status", "bad", "--wait")
	})
	t.Run("interface-9 a release that never gets ready ends with 7, D012, and the earlier one serves", func(t *testing.T) {
		p.does(0, "deploy", p.file("good.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
		a := p.asks(7, "deploy", p.file("worse.yaml", never("shop")), "-y")
		if a.Error.Code != "SLW-D012" || a.Items[0]["outcome"] != "rolled-back" || a.Items[0]["restored"] != true {
			t.Errorf("%+v %v", a.Error, a.Items)
		}
		if !strings.Contains(a.Error.State, "release 1 (v1) serves 100 %") || len(a.Error.Logs) == 0 {
			t.Errorf("%+v", a.Error)
		}
		if code, err := p.get("http://shop.localhost/"); code != http.StatusOK || err != nil {
			t.Errorf("%d %v", code, err)
		}
		p.does(7, "status", "shop", "--wait")
	})
	t.Run("interface-25 every fix of these errors runs", func(t *testing.T) {
		for _, fix := range []string{"why bad/1", "logs bad --release 1", "why shop/2", "logs shop --release 2", "explain SLW-D012", "explain SLW-D011"} {
			p.does(0, strings.Fields(fix)...)
		}
	})
	t.Run("logs of an instance that ended are shown", func(t *testing.T) {
		if r := p.does(0, "logs", "bad", "-n", "1"); !strings.Contains(r.Stdout, "panic: nil price table") {
			t.Errorf("%q", r.Stdout)
		}
	})
	t.Run("interface-9 a command that is not there ends with its words", func(t *testing.T) {
		file := p.file("none.yaml", strings.Replace(never("none"), "/bin/sh", "/nowhere/nothing", 1))
		if a := p.asks(1, "deploy", file, "-y"); !strings.Contains(strings.Join(a.Error.Why, " "), "nothing") {
			t.Errorf("%+v", a.Error)
		}
		p.file("build.yaml", "name: built\nbuild: [no-such-compiler]\nartifact: x\n")
		if a := p.asks(1, "deploy", "build.yaml", "-y"); a.Error.Code != "SLW-D003" {
			t.Errorf("%+v", a.Error)
		}
	})
}

func TestDetach(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	file := p.file("app.yaml", slow("shop", "v1", 4*time.Second))
	t.Run("interface-10 Ctrl-C ends with 130 and a command that resumes, the release goes on", func(t *testing.T) {
		before := p.Log.Head()
		d := p.starts("deploy", file, "-y")
		p.Log.Await(before, 20*time.Second, "the release to be planned", e2e.Is("shop", "release", "planned"))
		d.interrupt(t)
		d.ends(t, 130, 10*time.Second)
		if !strings.Contains(d.words.String(), "slipway status shop --wait") || !strings.Contains(d.words.String(), "SLW-D016") {
			t.Errorf("%s", d.words.String())
		}
		p.asks(0, "status", "shop", "--wait")
		if n := len(p.Log.All(e2e.Is("shop", "release", "completed"))); n != 1 {
			t.Errorf("%d releases completed", n)
		}
	})
	t.Run("interface-10 --timeout ends with 124, outcome running, the release goes on", func(t *testing.T) {
		a := p.asks(124, "deploy", p.file("app.yaml", slow("shop", "v2", 4*time.Second)), "-y", "--timeout", "1s")
		if a.Error.Code != "SLW-D015" || a.Items[0]["outcome"] != "running" {
			t.Errorf("%+v %v", a.Error, a.Items)
		}
		t.Run("a deploy of what is on its way follows it", func(t *testing.T) {
			wishes := p.wishes()
			if r := p.does(0, "deploy", file, "-y"); !strings.Contains(r.Stdout, "release 2 promoted") || p.wishes() != wishes {
				t.Errorf("%q", r.Stdout)
			}
		})
	})
}

func TestSteer(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	p.does(0, "deploy", p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", "")), "-y")
	t.Run("interface-11 rollback --to 99 ends with 3, D017, and wishes nothing", func(t *testing.T) {
		wishes := p.wishes()
		if a := p.asks(3, "rollback", "shop", "--to", "99"); a.Error.Code != "SLW-D017" || p.wishes() != wishes {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("interface-11 rollback returns, and history shows who and why", func(t *testing.T) {
		a := p.asks(0, "rollback", "shop", "-m", "wrong price table")
		if a.Items[0]["outcome"] != "promoted" || a.Items[0]["version"] != "v1" {
			t.Errorf("%v", a.Items)
		}
		last := p.asks(0, "history", "shop").Items[0]
		if !strings.HasPrefix(last["actor"].(string), "person:") || !strings.Contains(last["reason"].(string), "wrong price table") || last["active"] != true {
			t.Errorf("%v", last)
		}
	})
	t.Run("interface-11 with nothing in progress promote, pause, resume, abort and retry end with 6, D018", func(t *testing.T) {
		for _, verb := range [][]string{{"promote", "shop"}, {"pause", "shop", "-m", "x"}, {"resume", "shop"}, {"abort", "shop"}, {"retry", "shop"}} {
			if a := p.asks(6, verb...); a.Error.Code != "SLW-D018" || len(a.Error.Why) == 0 {
				t.Errorf("%s: %+v", verb[0], a.Error)
			}
		}
	})
	t.Run("interface-11 pause, resume and abort: the fact is caused by the wish and keeps the words", func(t *testing.T) {
		before := p.Log.Head()
		d := p.starts("deploy", p.file("slow.yaml", slow("shop", "v3", 20*time.Second)), "-y")
		p.Log.Await(before, 20*time.Second, "the release to start", e2e.Is("shop", "release", "started"))
		if a := p.asks(0, "pause", "shop", "-m", "looking at a graph"); a.Items[0]["outcome"] != "paused" {
			t.Errorf("%v", a.Items)
		}
		paused := p.Log.Await(before, 10*time.Second, "paused", e2e.Is("shop", "release", "paused"))
		if f := paused.Data.(events.ReleasePaused); f.Message != "looking at a graph" || !strings.HasPrefix(f.By, "person:") || paused.Wish.IsZero() || paused.Cause == "" {
			t.Errorf("%+v", paused)
		}
		if s := p.asks(0, "status", "shop"); s.Items[0]["state"] != "paused" {
			t.Errorf("%v", s.Items)
		}
		p.does(0, "resume", "shop")
		if a := p.asks(0, "abort", "shop", "-m", "wrong table"); a.Items[0]["outcome"] != "aborted" {
			t.Errorf("%v", a.Items)
		}
		d.ends(t, 7, 30*time.Second)
		if words := d.words.String(); !strings.Contains(words, "SLW-D013") || !strings.Contains(words, "wrong table") {
			t.Errorf("%s", words)
		}
	})
	t.Run("a deploy that is overtaken ends with 6, D014", func(t *testing.T) {
		before := p.Log.Head()
		d := p.starts("deploy", p.file("slow.yaml", slow("shop", "v4", 20*time.Second)), "-y")
		p.Log.Await(before, 20*time.Second, "the release to start", e2e.Is("shop", "release", "started"))
		p.does(0, "deploy", p.file("v5.yaml", e2e.Example("shop", "v5", "rolling", "")), "-y")
		d.ends(t, 6, 30*time.Second)
		if !strings.Contains(d.words.String(), "SLW-D014") {
			t.Errorf("%s", d.words.String())
		}
	})
	t.Run("rollback in a bake takes it back to the release before, as a rollback does", func(t *testing.T) {
		bake := "deploy: { strategy: blue-green, bake: 5m, analysis: { postPromotion: [{ metric: error_ratio, max: 1% }] } }\n"
		file := strings.Replace(e2e.Example("shop", "v6", "rolling", ""), "deploy: { strategy: rolling, keep: { warm: 0 } }\n", bake, 1)
		p.does(0, "deploy", p.file("v6.yaml", file), "-y", "--wait-for", "promoted")
		a := p.asks(0, "rollback", "shop", "-m", "wrong table")
		if a.Items[0]["outcome"] != "promoted" || a.Items[0]["version"] != "v5" {
			t.Errorf("%v", a.Items)
		}
		p.does(0, "status", "shop", "--wait")
		if s := p.asks(0, "status", "shop"); s.Items[0]["current"] != a.Items[0]["release"] {
			t.Errorf("%v, %v serves", s.Items, a.Items[0]["release"])
		}
	})
	t.Run("retire needs a yes and ends the app", func(t *testing.T) {
		p.does(2, "retire", "shop")
		if a := p.asks(0, "retire", "shop", "-y"); a.Items[0]["outcome"] != "retired" {
			t.Errorf("%v", a.Items)
		}
		if left := p.asks(0, "ps", "shop"); len(left.Items) != 0 {
			t.Errorf("%v", left.Items)
		}
		if s := p.asks(0, "status", "shop"); s.Items[0]["state"] != "stopped" {
			t.Errorf("%v", s.Items)
		}
	})
}

func TestDeployerAway(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t, e2e.Apart())
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	t.Run("interface-17 without a deployer deploy says so within 6 s, the wish stays and is taken up later", func(t *testing.T) {
		control := p.Process("control")
		control.Stop()
		wishes := p.wishes()
		d := p.starts("deploy", p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", "")), "-y")
		began := time.Now()
		e2e.Await(t, 5*6*time.Second, "the wish to be kept", func() bool { return p.wishes() == wishes+1 })
		a := p.asks(124, "deploy", p.file("other.yaml", e2e.Example("other", "v1", "rolling", "")), "-y", "--timeout", "7s")
		if a.Error.Code != "SLW-D015" || !strings.Contains(a.Error.Message, "waits for a deployer") {
			t.Errorf("%+v", a.Error)
		}
		if time.Since(began) < 6*time.Second {
			t.Fatal("too early to judge the first")
		}
		control.Start()
		d.ends(t, 0, 60*time.Second)
		if words := d.words.String(); !strings.Contains(words, "waiting: no deployer is alive") {
			t.Errorf("%s", words)
		}
		p.does(0, "status", "other", "--wait") // it was wished, and nobody watched
	})
}
