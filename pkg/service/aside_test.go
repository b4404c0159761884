package service_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// TestReplay: what stood in the log before is copied as often as it comes and told of
// once a minute, and nothing stands still.
func TestReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		l.elsewhere(t, registered("web"))
		old, stray := eventOf(registered("web"), 1), events.NodeLeft{OfNode: events.OfNode{Node: "n1"}} // of an owner nobody hears
		l.spoiled[eventOf(stray, 1).StreamSubject()] = func(m service.Message) service.Message {        // as somebody who writes unguarded stores it
			m.Subject, m.Body = old.StreamSubject(), body(t, old)
			return m
		}
		r := start(t, pausing(), l, service.Options{}, 0)
		for range 300 {
			l.elsewhere(t, stray)
			pass(time.Second)
		}
		l.elsewhere(t, registered("web"))
		pass(time.Second)
		said := l.names("deployer")
		told := slices.DeleteFunc(slices.Clone(said), func(s string) bool { return !strings.HasPrefix(s, "letter.copied") })
		if len(l.dead) != 300 || !strings.HasSuffix(l.dead[0], " replayed") || len(told) != 6 {
			t.Errorf("%d copied; told of %d times: %v", len(l.dead), len(told), told)
		}
		if !slices.Contains(said, "release.paused web/2") || slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "letter.parked") }) {
			t.Errorf("something stands still: said %v", said)
		}
		r.end()
	})
}

func body(t *testing.T, e events.Event) []byte {
	t.Helper()
	b, err := events.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSensePanics: hearsay nobody can take in stops nothing.
func TestSensePanics(t *testing.T) {
	deaf := func() service.Service {
		svc := pausing()
		svc.Leases = []string{"slipway.lease.node.*"}
		svc.New = func() []service.Machine { return []service.Machine{deafOf()} }
		return svc
	}
	t.Run("a wish is kept with the dead letters, and the next is answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &post{line: newLine(), t: t}
			left := l.life(deaf(), nil, func() {
				l.ask(events.WishAppRetired{OfApp: events.OfApp{App: "bad"}})
				l.ask(events.WishAppRetired{OfApp: events.OfApp{App: "web"}})
			})
			if !slices.Equal(l.dead, []string{"deployer 1:1 panic"}) || left == nil {
				t.Errorf("dead letters %v", l.dead)
			}
			if said := l.names("deployer"); !slices.Contains(said, "letter.copied deployer/1:1") || !slices.Contains(said, "route.resumed web/0") {
				t.Errorf("said %v", said)
			}
		})
	})
	t.Run("of a lease it is told once, in each life", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &post{line: newLine(), t: t}
			lease := func() {
				for range 100 {
					l.leases <- service.Message{Subject: events.LeaseSubject("node", "n1"), Body: []byte("{}"), Stored: time.Now()}
					pass(time.Second)
				}
			}
			l.life(deaf(), nil, lease)
			l.life(deaf(), nil, lease)
			want := []string{"violated", "restored", "violated"}
			for i := range want {
				want[i] = fmt.Sprintf("guarantee.%s deployer/sense/deployer", want[i])
			}
			if said := l.names("deployer"); !slices.Equal(said, want) {
				t.Errorf("said %v, want %v", said, want)
			}
		})
	})
}

// deafOf is the pauser that cannot hear of a bad app, nor any lease.
func deafOf() service.Machine {
	return service.Of(service.Decider[pauser, struct{}]{
		Owner:   "deployer",
		New:     func(app string) *pauser { return &pauser{App: app, Acts: map[string]bool{}} },
		Guard:   func(app string) string { return events.Guard("deployer", app, "") },
		Keys:    func(e events.Event) []string { return appOf(e) },
		Touches: func(service.Signal) []string { return []string{"web"} },
		Evolve:  func(_ string, s *pauser, _ *struct{}, e events.Event) { s.evolve(e) },
		Sense: func(s *pauser, _ *struct{}, sig service.Signal, _ time.Time) {
			if _, heard := sig.Data.(service.Heard); heard || s.App == "bad" {
				panic("nobody can hear it")
			}
			if sig.Wish != nil {
				s.Asked.Hear(*sig.Wish)
			}
		},
		Decide: func(s *pauser, _ *struct{}, now time.Time) service.Says { return s.decide(now) },
	})
}
