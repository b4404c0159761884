package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
)

func TestLook(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	t.Run("interface-12 -o json of each verb is one document, on success and on failure", func(t *testing.T) {
		for _, c := range []struct {
			code int
			kind string
			args string
		}{
			{0, "AppList", "status"}, {0, "AppList", "status shop --wait"}, {0, "InstanceList", "ps"}, {0, "InstanceList", "ps shop --all"},
			{0, "ReleaseList", "history shop"}, {0, "NodeList", "nodes"}, {0, "Chain", "why shop"}, {0, "Chain", "why shop/1"},
			{0, "PlanList", "plan v1.yaml"}, {0, "DeploymentList", "deploy v1.yaml"}, {0, "Validation", "validate v1.yaml"},
			{0, "TypeList", "events types"}, {0, "Explanation", "explain app.deploy"}, {0, "Version", "version"}, {0, "ContextList", "context ls"},
			{3, "Error", "status shpo"}, {3, "Error", "ps shpo"}, {3, "Error", "history shpo"}, {3, "Error", "why shpo"}, {3, "Error", "logs shpo"},
			{3, "Error", "events get 999999"}, {3, "Error", "rollback shpo"}, {3, "Error", "explain nothing-such"}, {3, "Error", "status -c elsewhere"},
			{2, "Error", "deploy missing.yaml"}, {2, "Error", "rollback"}, {2, "Error", "events --since yesterday"},
		} {
			if a := p.asks(c.code, strings.Fields(c.args)...); a.Kind != c.kind {
				t.Errorf("%s: kind %s, want %s", c.args, a.Kind, c.kind)
			}
		}
	})
	t.Run("an app that is not there gets the nearest name", func(t *testing.T) {
		a := p.asks(3, "status", "shopp")
		if a.Error.Code != "SLW-E001" || a.Error.Fix[0] != "slipway status shop" {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("a release or an instance that is not there is told as one", func(t *testing.T) {
		for what, fix := range map[string]string{"shop/77": "slipway history shop", "shop-1-a9": "slipway ps shop --all", "none/7": "slipway status"} {
			if a := p.asks(3, "why", what); a.Error.Fix[0] != fix {
				t.Errorf("%s: %+v", what, a.Error)
			}
		}
		if a := p.asks(3, "logs", "shop-1-a9"); a.Error.Message != "there is no instance shop-1-a9" {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("the events of an app that is not there are no empty table", func(t *testing.T) {
		if a := p.asks(3, "events", "--app", "shpo"); a.Error.Code != "SLW-E001" || a.Error.Fix[0] != "slipway status shop" {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("interface-13 an event is printed byte for byte as it is stored", func(t *testing.T) {
		r := p.does(0, "events", "-o", "json")
		for i, line := range strings.Split(strings.TrimSuffix(r.Stdout, "\n"), "\n") {
			m, err := p.Log.Bus.GetEvent(t.Context(), events.Position{Era: 1, Seq: uint64(i + 1)})
			if err != nil || line != string(m.Body) {
				t.Fatalf("#%d: %v\ngot  %s\nwant %s", i+1, err, line, m.Body)
			}
			if _, err := events.Scan([]byte(line)); err != nil {
				t.Fatalf("#%d is no CloudEvent: %v", i+1, err)
			}
		}
		one := p.does(0, "events", "get", "1", "-o", "json")
		if want, _, _ := strings.Cut(r.Stdout, "\n"); one.Stdout != want+"\n" {
			t.Errorf("get 1: %s", one.Stdout)
		}
	})
	t.Run("interface-15 why of any fact reaches a wish or what nobody caused", func(t *testing.T) {
		for _, e := range p.Log.All(nil) {
			a := p.asks(0, "why", e.ID)
			last := a.Items[len(a.Items)-1]
			root := p.Log.All(func(f events.Event) bool { return f.ID == last["event"] && f.Cause == "" })
			if last["stream"] != events.StreamWishes && len(root) != 1 {
				t.Errorf("%s %s ends at %v", e.Kind.Name(), e.Subject, last)
			}
			if e.Pos.Seq%7 != 0 {
				continue // one in seven with all its lines: each is a process of its own
			}
			for _, line := range a.Items {
				if line["seq"] == 0.0 || line["time"] == "" || line["stream"] == events.StreamEvents && line["reason"] == nil {
					t.Errorf("a line names its sequence, time and reason: %v", line)
				}
			}
		}
	})
	t.Run("events are filtered by app, entity, id, type, release and number", func(t *testing.T) {
		for args, all := range map[string]func(e events.Event) bool{
			"--app shop":                       func(e events.Event) bool { return e.App == "shop" },
			"--entity release":                 func(e events.Event) bool { return e.Kind.Entity == "release" },
			"--app shop --entity instance":     func(e events.Event) bool { return e.App == "shop" && e.Kind.Entity == "instance" },
			"--id n1/shop-1-a1":                func(e events.Event) bool { return e.Subject == "n1/shop-1-a1" },
			"--id shop-1-a1 --type *.ready":    func(e events.Event) bool { return e.Subject == "n1/shop-1-a1" && e.Kind.Happened == "ready" },
			"--subject slipway.event._.node.>": func(e events.Event) bool { return e.App == "" && e.Kind.Owner == "node" },
			"--to 3":                           func(e events.Event) bool { return e.Pos.Seq <= 3 },
		} {
			r := p.does(0, append([]string{"events", "-o", "name"}, strings.Fields(args)...)...)
			var want []string
			for _, e := range p.Log.All(all) {
				want = append(want, e.ID)
			}
			if got := strings.Fields(r.Stdout); len(want) == 0 || strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s: %d events, want %d", args, len(got), len(want))
			}
		}
		if r := p.does(0, "events", "-n", "5", "-o", "name"); len(strings.Fields(r.Stdout)) != 5 {
			t.Errorf("-n 5: %q", r.Stdout)
		}
	})
	t.Run("interface-20 nothing that is piped holds a cursor code", func(t *testing.T) {
		for _, args := range []string{"status", "status -o wide", "ps", "nodes", "history shop", "events -n 5", "why shop", "plan v1.yaml", "deploy v1.yaml -y --force", "--help"} {
			if r := p.does(0, strings.Fields(args)...); strings.Contains(r.Stdout+r.Stderr, "\x1b") {
				t.Errorf("%s: %q", args, r.Stdout+r.Stderr)
			}
		}
	})
	t.Run("--progress json shows the events of the correlation", func(t *testing.T) {
		r := p.does(0, "deploy", p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", "")), "-y", "--progress", "json", "-o", "json")
		var a answer
		if err := json.Unmarshal([]byte(r.Stdout), &a); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, line := range strings.Split(strings.TrimSpace(r.Stderr), "\n") {
			e, err := events.Scan([]byte(line))
			if err != nil || e.Correlation != a.Items[0]["correlation"] {
				t.Fatalf("%v in %q", err, line)
			}
			seen[e.Kind.Name()] = true
		}
		if !seen["app.declared"] || !seen["release.planned"] || !seen["release.completed"] {
			t.Errorf("%v", seen)
		}
	})
	t.Run("events -f ends with 130 at Ctrl-C and shows what was said meanwhile", func(t *testing.T) {
		f := p.starts("events", "-f", "--app", "shop", "--from", "1", "-o", "name")
		e2e.Await(t, 20*time.Second, "a process that runs", func() bool { return f.cmd.Process != nil })
		p.does(6, "resume", "shop")
		last := p.Log.All(e2e.Is("shop", "release", "resume-refused"))
		e2e.Await(t, 20*time.Second, "the last fact", func() bool {
			last = p.Log.All(e2e.Is("shop", "release", "resume-refused"))
			return len(last) == 1
		})
		f.until(t, last[0].ID)
		f.interrupt(t)
		f.ends(t, 130, 10*time.Second)
		var want []string
		for _, e := range p.Log.All(func(e events.Event) bool { return e.App == "shop" && !e.Pos.After(last[0].Pos) }) {
			want = append(want, e.ID)
		}
		if got := strings.Fields(f.out.String()); len(got) < len(want) || strings.Join(got[:len(want)], " ") != strings.Join(want, " ") {
			t.Errorf("%d events, want %d, each once and in order", len(got), len(want))
		}
	})
}
