package view

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// TestStatus tells every state of an app by the facts that make it.
func TestStatus(t *testing.T) {
	s := newStory(t)
	if _, ok := s.log.Status("shop", s.now); ok {
		t.Error("nobody has declared it")
	}
	s.serve()
	is := func(state string, ready int) {
		t.Helper()
		app, ok := s.log.Status("shop", s.now)
		if !ok || app.State != state || app.Replicas.Ready != ready || app.Replicas.Want != 1 {
			t.Errorf("%s %+v: %s, want %s with %d", app.State, app.Replicas, app.Reason, state, ready)
		}
	}
	is("healthy", 1)
	s.say("check fails", events.InstanceUnready{OfInstance: instance("shop-1-a1")})
	is("degraded", 0)
	s.say("passed", events.InstanceReady{OfInstance: instance("shop-1-a1"), Boot: 1})
	s.declare(2, 2, "v2")
	is("progressing", 1)
	s.plan(2, 2, 1, "v2")
	s.say("looking", events.ReleasePaused{OfRelease: release(2), Cause: "manual", By: "person:bob"})
	is("paused", 1)
	app, _ := s.log.Status("shop", s.now)
	if app.Rollout == nil || app.Rollout.Release != 2 || app.Rollout.WaitingFor != "approval" || len(app.Rollout.Missing) == 0 {
		t.Errorf("rollout %+v", app.Rollout)
	}
	if app.Current != 1 || app.Target != 2 || len(app.Releases) != 2 || app.Releases[1].Instances[0].ID != "shop-1-a1" {
		t.Errorf("%+v", app)
	}
}

// TestInstances: ps keeps what has ended, with its exit code and last words.
func TestInstances(t *testing.T) {
	s := newStory(t)
	s.serve()
	s.declare(2, 2, "v2")
	s.plan(2, 2, 1, "v2")
	s.run("shop-2-a1", 2)
	s.say("exit 3", events.InstanceExited{OfInstance: instance("shop-2-a1"), Try: 1, Code: 3, Tail: []string{"panic"}})
	s.say("again", events.InstanceStarting{OfInstance: instance("shop-2-a1"), Try: 2, Boot: 1})
	if i, _ := s.log.Instance("n1/shop-2-a1"); i.Restarts != 1 || i.State != "starting" {
		t.Errorf("%+v", i)
	}
	s.say("2 exits", events.InstanceFailed{OfInstance: instance("shop-2-a1"), Code: 3, Tail: []string{"panic: nil price table"}})
	if live := s.log.Instances("shop", false); len(live) != 1 || live[0].ID != "shop-1-a1" || live[0].Address != "127.0.0.1:20000" {
		t.Errorf("live %+v", live)
	}
	all := s.log.Instances("shop", true)
	if len(all) != 2 || all[1].State != "failed" || *all[1].ExitCode != 3 || all[1].Tail()[0] != "panic: nil price table" || all[1].Version != "v2" {
		t.Errorf("all %+v", all)
	}
	if len(s.log.Instances("other", true)) != 0 {
		t.Error("another app has none")
	}
}

// TestHistory: the newest first, with who asked, why it ended and how long it took.
func TestHistory(t *testing.T) {
	s := newStory(t)
	s.serve()
	s.declare(2, 2, "v2")
	s.plan(2, 2, 1, "v2")
	s.wait(3 * time.Second)
	s.say("no progress", events.ReleaseAborted{OfRelease: release(2), Cause: "deadline"})
	s.say("no progress", events.ReleaseRolledBack{OfRelease: release(2), To: 1, TookMs: 1200})
	w, _ := s.wish(3, events.WishRollbackRequested{OfApp: shop})
	s.answer(w, "wrong price", events.ReleasePlanned{OfRelease: release(3), Strategy: events.BlueGreen, From: 1, How: "rollback"})
	list := s.log.History("shop", 0)
	if len(list) != 3 {
		t.Fatalf("%d releases", len(list))
	}
	if p := list[0]; p.Release != 3 || p.Outcome != "running" || p.Actor != "person:alice" || p.Reason != "wrong price" || p.TookMs != nil {
		t.Errorf("%+v", p)
	}
	if p := list[1]; p.Outcome != "rolled-back" || p.Reason != "no progress" || p.Actor != "person:alice" || p.Active || *p.TookMs != 3000 {
		t.Errorf("%+v", p)
	}
	if p := list[2]; p.Outcome != "promoted" || !p.Active || p.ExposedShare != 1 || p.FailedRequests != 1 {
		t.Errorf("%+v", p)
	}
	if list := s.log.History("shop", 1); len(list) != 1 || list[0].Release != 3 {
		t.Errorf("%+v", list)
	}
}

// TestChain walks to the wish that began it, also when it is forgotten.
func TestChain(t *testing.T) {
	s := newStory(t)
	s.serve()
	from, ok := s.log.Last("release", "shop/1")
	if !ok {
		t.Fatal("no fact of shop/1")
	}
	wish := events.NewWish("person:alice", events.WishAppDeclared{OfApp: shop, Document: document("v1")}, s.now, "wish-1:1")
	wish.Pos = events.Position{Era: 1, Seq: 1}
	for name, wishes := range map[string]map[string]Fact{"kept": {wish.ID: WishFact(wish)}, "forgotten": nil} {
		t.Run(name, func(t *testing.T) {
			chain := s.log.Chain(from, wishes)
			first, last := chain[0], chain[len(chain)-1]
			if first.Type != "dev.slipway.release.completed.v1" || last.Stream != events.StreamWishes || last.Actor != "person:alice" || last.Seq != 1 {
				t.Errorf("%+v … %+v", first, last)
			}
			for i, k := range chain {
				if i > 0 && chain[i-1].Fact().Cause != k.Event {
					t.Errorf("link %d is not the cause of the one before", i)
				}
				if k.Seq == 0 || k.Time.IsZero() || k.Reason == "" && k.Stream == events.StreamEvents {
					t.Errorf("link %d names no sequence, time or reason: %+v", i, k)
				}
			}
		})
	}
	s.cluster()
	boot, _ := s.log.Last("node", "n1")
	if chain := s.log.Chain(boot, nil); len(chain) != 1 {
		t.Errorf("a boot has no cause: %+v", chain)
	}
}

// TestNodes: what a node has, what is used of it, and how it is.
func TestNodes(t *testing.T) {
	s := newStory(t)
	s.serve()
	list := s.log.Nodes(map[string]time.Time{"n1": s.now}, events.LeaseTTLCluster)
	if len(list) != 1 || list[0].State != "ready" || list[0].Instances != 1 || list[0].Capacity.CPUMilli != 2000 {
		t.Fatalf("%+v", list)
	}
	if !list[0].LeaseUntil.Equal(s.now.Add(events.LeaseTTLCluster)) {
		t.Errorf("lease until %s", list[0].LeaseUntil)
	}
	s.say("silent for 3s", events.LeaseLapsed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1", Incarnation: 1}, SilentMs: 3000})
	if n := s.log.Nodes(nil, events.LeaseTTL)[0]; n.State != "suspect" || n.Reason != "silent for 3s" {
		t.Errorf("%+v", n)
	}
}

// TestUnread: what cannot be read is counted and passed over.
func TestUnread(t *testing.T) {
	s := newStory(t)
	s.serve()
	e := s.last
	if _, ok := s.log.Hear(message("slipway.event.shop.deployer._.release.promoted", e.Pos.Seq+1, "{")); ok || s.log.Unread != 1 {
		t.Errorf("%d unread", s.log.Unread)
	}
	if s.log.Position().Seq != e.Pos.Seq+1 {
		t.Errorf("stands at %s", s.log.Position())
	}
}

// TestNothingStopsWhoLooksOn: behind what cannot be read, and behind a hole, the log is
// read on, as a participant does once the letter is dropped.
func TestNothingStopsWhoLooksOn(t *testing.T) {
	s := newStory(t)
	s.serve()
	messages := s.messages()
	bad := slices.IndexFunc(messages, func(m service.Message) bool { return strings.HasSuffix(m.Subject, ".deployer._.release.started") })
	for name, spoil := range map[string]func(m *service.Message){
		"unreadable": func(m *service.Message) { m.Body = []byte("{") },
		"a hole":     func(m *service.Message) { *m = message("slipway.event._.node.n9.node.left", m.Pos.Seq, "{") },
	} {
		late, fold := NewLog(s.log.cfg), s.fold("app", "shop")
		for i, m := range messages {
			if i == bad {
				spoil(&m)
			}
			late.Hear(m)
			fold.Hear(m)
		}
		if a, _ := late.App("shop"); a.Stable != 1 {
			t.Errorf("%s: status knows release %d to serve", name, a.Stable)
		}
		var state struct{ Stable int }
		if err := json.Unmarshal(s.state(fold), &state); err != nil || state.Stable != 1 {
			t.Errorf("%s: state knows release %d to serve (%v)", name, state.Stable, err)
		}
	}
}

func message(subject string, seq uint64, body string) service.Message {
	return service.Message{Subject: subject, Pos: events.Position{Era: 1, Seq: seq}, Body: []byte(body)}
}
