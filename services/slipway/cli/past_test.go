package cli_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/view"
)

// told is a document as a reader got it, but for when it was asked.
type told map[string]any

func (p person) tells(args ...string) told {
	p.t.Helper()
	var d told
	r := p.does(0, append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(r.Stdout), &d); err != nil {
		p.t.Fatal(err)
	}
	delete(d, "time")
	return d
}

// number is the sequence up to which it is true.
func (d told) number() uint64 {
	n, _ := d["seq"].(float64)
	return uint64(n)
}

// seq is that sequence as a person writes it.
func (d told) seq() string { return fmt.Sprintf("#%d", d.number()) }

// without drops what moves while no fact is said: what a rollout waits for, and what
// gateways measure.
func (d told) without() told {
	items, _ := d["items"].([]any)
	for _, x := range items {
		if r, ok := x.(map[string]any)["rollout"].(map[string]any); ok {
			delete(r, "waitingFor")
			delete(r, "missing")
			delete(r, "measured")
		}
		releases, _ := x.(map[string]any)["releases"].([]any)
		for _, r := range releases {
			for _, name := range []string{"measured", "errorShare", "p99Ms"} {
				delete(r.(map[string]any), name)
			}
		}
	}
	return d
}

// TestPast: what was shown once is shown again, by place and by time.
func TestPast(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	began := time.Now()
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	first, instances, later := p.tells("status"), p.tells("ps", "--all"), time.Now()
	keys := []string{"app/shop", "placement/cluster", "pool/shop", "lease/node-n1", "node/n1", "gateway/gw1-a"}
	states := map[string]told{}
	for _, key := range keys {
		states[key] = p.tells("state", key)
	}
	seen := p.whileDeploying(p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", "")))
	p.does(7, "deploy", p.file("bad.yaml", never("shop")), "-y")
	seen = append(seen, p.tells("status"))
	t.Run("interface-15 status --at a sequence is what status was there", func(t *testing.T) {
		places := map[string]bool{}
		for _, was := range append(seen, first) {
			if places[was.seq()] {
				continue
			}
			places[was.seq()] = true
			if is := p.tells("status", "--at", was.seq()); !reflect.DeepEqual(is.without(), was.without()) {
				t.Errorf("at %s\nis  %v\nwas %v", was.seq(), is, was)
			}
		}
		if len(places) < 4 {
			t.Errorf("status was seen at %d places: too few to tell", len(places))
		}
		if is := p.tells("status", "--at", strings.Replace(first.seq(), "#", "#1.", 1)); !reflect.DeepEqual(is, first) {
			t.Errorf("with its era\nis  %v\nwas %v", is, first)
		}
	})
	t.Run("interface-15 ps, history and why look back to the same place", func(t *testing.T) {
		if is := p.tells("ps", "--all", "--at", first.seq()); !reflect.DeepEqual(is["items"], instances["items"]) {
			t.Errorf("is  %v\nwas %v", is, instances)
		}
		if a := p.asks(0, "history", "shop", "--at", first.seq()); len(a.Items) != 1 || a.Items[0]["outcome"] != "promoted" {
			t.Errorf("%+v", a.Items)
		}
		if last := p.asks(0, "why", "shop", "--at", first.seq()).Items[0]; last["seq"].(float64) > first["seq"].(float64) {
			t.Errorf("%v is later than %s", last, first.seq())
		}
		if a := p.asks(0, "nodes", "--at", first.seq()); len(a.Items) != 1 || a.Items[0]["state"] != "ready" {
			t.Errorf("%+v", a.Items)
		}
	})
	t.Run("interface-15 state --at is what state was there", func(t *testing.T) {
		for _, key := range keys {
			was := states[key]
			if is := p.tells("state", key, "--at", was.seq()); !reflect.DeepEqual(is, was) {
				t.Errorf("%s at %s\nis  %v\nwas %v", key, was.seq(), is, was)
			}
		}
		if reflect.DeepEqual(states["app/shop"]["state"], p.tells("state", "app/shop")["state"]) {
			t.Error("two releases later the app is the same")
		}
		fits(t, "State", p.does(0, "state", "app/shop", "-o", "json").Stdout)
		var plain map[string]any
		if err := json.Unmarshal([]byte(p.does(0, "state", "app/shop").Stdout), &plain); err != nil || plain["name"] != "shop" {
			t.Errorf("%v: %v", err, plain)
		}
		for args, code := range map[string]int{
			"state shop": 2, "state apps/shop": 2, "state app/": 2, "state app/shpo": 3, "state node/n9": 3,
			"state gateway/gw9-a": 3, "state app/shop --at #1": 3, "state pool/none": 3,
		} {
			if a := p.asks(code, strings.Fields(args)...); a.Kind != "Error" {
				t.Errorf("%s: %+v", args, a)
			}
		}
	})
	t.Run("a time is the last fact stored until then", func(t *testing.T) {
		if is := p.tells("status", "--at", later.UTC().Format(time.RFC3339Nano)); is.number() < first.number() || !reflect.DeepEqual(is["items"], first["items"]) {
			t.Errorf("at %s\nis  %v\nwas %v", later, is, first)
		}
		if a := p.asks(0, "status", "--at", "24h"); len(a.Items) != 0 || a.Seq != 0 {
			t.Errorf("before the first event: %+v", a)
		}
		if a := p.asks(0, "ps", "--at", began.UTC().Format(time.RFC3339Nano)); len(a.Items) != 0 {
			t.Errorf("before the first deploy: %+v", a)
		}
		if now := p.tells("status", "--at", "0s"); !reflect.DeepEqual(now["items"], p.tells("status")["items"]) {
			t.Errorf("now: %v", now)
		}
	})
	t.Run("events --at prints the last fact of every key, one line each", func(t *testing.T) {
		last := map[string]string{}
		for _, e := range p.Log.All(nil) {
			if e.Pos.Seq <= first.number() {
				last[view.Key(e)] = e.ID
			}
		}
		got := strings.Fields(p.does(0, "events", "--at", first.seq(), "-o", "name").Stdout)
		if len(got) != len(last) {
			t.Errorf("%d lines, want %d", len(got), len(last))
		}
		for _, id := range last {
			if !strings.Contains(strings.Join(got, " "), id) {
				t.Errorf("%s is missing", id)
			}
		}
		if r := p.does(0, "events", "--at", first.seq(), "--app", "shop", "--type", "instance.*"); strings.Count(r.Stdout, "\n") != 1+2 || !strings.Contains(r.Stdout, "ready") {
			t.Errorf("a line of names and one for each of 2 instances:\n%s", r.Stdout)
		}
	})
	t.Run("a moment that is none is refused", func(t *testing.T) {
		for args, code := range map[string]int{
			"status --at yesterday": 2, "ps --at 18190": 2, "status --at #999999": 3, "why shop --at #2.1": 3,
			"status --at 1m --wait": 2, "status --at 2999-01-01T00:00:00Z": 2, "events --at 1m -f": 2, "status shop --at #1": 3,
		} {
			if a := p.asks(code, strings.Fields(args)...); a.Kind != "Error" {
				t.Errorf("%s: %+v", args, a)
			}
		}
	})
}

// whileDeploying looks again and again while a deploy runs.
func (p person) whileDeploying(file string) (seen []told) {
	var deploying sync.WaitGroup
	done := make(chan struct{})
	deploying.Go(func() {
		defer close(done)
		p.Slipway("deploy", file, "-y")
	})
	defer deploying.Wait()
	for {
		seen = append(seen, p.tells("status"))
		select {
		case <-done:
			return seen
		default:
		}
	}
}
