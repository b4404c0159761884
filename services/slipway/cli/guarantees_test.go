package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/guarantees"
	"slipway.dev/services/slipway/load"
)

// row is how a guarantee stands.
func (a answer) row(t *testing.T, name string) map[string]any {
	t.Helper()
	for _, g := range a.Items {
		if g["name"] == name {
			return g
		}
	}
	t.Fatalf("no guarantee %s in %v", name, a.Items)
	return nil
}

// measures runs the verb, which must end with a code: with 8 no error stands beside it.
func (p person) measures(code int, args ...string) (a answer) {
	p.t.Helper()
	r := p.does(code, append(append([]string{"guarantees"}, args...), "-o", "json")...)
	if err := json.Unmarshal([]byte(r.Stdout), &a); err != nil || a.Kind != "GuaranteeList" || a.Error != nil {
		p.t.Fatalf("guarantees %v: %v\n%s", args, err, r.Stdout)
	}
	fits(p.t, "GuaranteeList", r.Stdout)
	return a
}

// violates says, as the registry would, that a promise of its own is broken.
func (p person) violates(name string) events.Position {
	p.t.Helper()
	data := events.GuaranteeViolated{OfGuarantee: events.OfGuarantee{Participant: "registry", Name: name}, Detail: "planted"}
	guard, seq, ordinal := events.Guard("registry", "", ""), uint64(0), uint64(0)
	p.Log.CatchUp()
	for _, e := range p.Log.All(nil) {
		if e.Guard() == guard {
			seq, ordinal = e.Pos.Seq, e.Ordinal
		}
	}
	kind, about := events.KindOf(data), data.About()
	kind.Owner = "registry"
	e := events.Event{
		ID: events.ID(guard, ordinal+1), Source: events.Source("registry", ""), Kind: kind, Subject: about.Subject,
		Time: time.Now().UTC(), Actor: events.Actor("registry", ""), Reason: "planted", Ordinal: ordinal + 1, Data: data,
	}
	e.Correlation = e.ID
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), 10*time.Second)
	defer cancel()
	result, err := p.Log.Bus.Append(ctx, guard, seq, []events.Event{e})
	if err != nil {
		p.t.Fatal(err)
	}
	return result.Last
}

func TestGuarantees(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.MustDeploy(e2e.Example("shop", "v1", "rolling", ""), 60*time.Second)
	requests := p.Load(load.Config{Host: "shop.localhost", Rate: 50})
	for _, version := range []string{"v2", "v3"} {
		p.MustDeploy(e2e.Example("shop", version, "rolling", ""), 60*time.Second)
	}
	requests.Stop()
	t.Run("interface-24 what is measured holds, what is too little has no verdict, and with --strict that is 8", func(t *testing.T) {
		a := p.measures(0)
		if len(a.Items) != len(guarantees.Rows) {
			t.Errorf("%d items", len(a.Items))
		}
		if g := a.row(t, "promotion"); g["holds"] != true || g["samples"] != float64(3) || g["measured"].(map[string]any)["value"] != float64(0) || g["to"].(float64) < 20 {
			t.Errorf("%v", g)
		}
		if g := a.row(t, "switch-cut"); g["holds"] != true || g["samples"].(float64) < 1 {
			t.Errorf("%v", g)
		}
		if g := a.row(t, "node-replaced"); g["holds"] != nil || g["samples"] != float64(0) {
			t.Errorf("%v", g)
		}
		p.measures(8, "--strict")
	})
	t.Run("a person reads a table of all promises, also of those that nothing measures yet", func(t *testing.T) {
		r := p.does(0, "guarantees")
		for _, words := range []string{"promotion", "ok", "unmeasured", "not yet", "waits for identities"} {
			if !strings.Contains(r.Stdout, words) {
				t.Errorf("no %q in\n%s", words, r.Stdout)
			}
		}
	})
	t.Run("one app's, and since a time", func(t *testing.T) {
		if g := p.measures(0, "--app", "shop").row(t, "promotion"); g["samples"] != float64(3) || g["app"] != "shop" {
			t.Errorf("%v", g)
		}
		if a := p.asks(3, "guarantees", "--app", "shpo"); a.Error.Code != "SLW-E001" || !strings.Contains(a.Error.Why[0], "shop") {
			t.Errorf("%+v", a.Error)
		}
		last := p.Log.All(e2e.Is("shop", "release", "planned"))[2]
		g := p.measures(0, "--since", fmt.Sprintf("#%d", last.Pos.Seq)).row(t, "promotion")
		if g["samples"] != float64(1) {
			t.Errorf("%v", g)
		}
	})
	t.Run("interface-24 a guarantee that a participant says is violated is shown, named by its fact, and 8", func(t *testing.T) {
		planted := p.violates("planted")
		g := p.measures(8).row(t, "registry/planted/")
		if g["holds"] != false || g["participant"] != "registry" || g["evidence"].([]any)[0] != float64(planted.Seq) {
			t.Errorf("%v", g)
		}
		if r := p.does(8, "guarantees"); !strings.Contains(r.Stdout, "violated") || !strings.Contains(r.Stderr, "slipway events get") {
			t.Errorf("%s%s", r.Stdout, r.Stderr)
		}
	})
}
