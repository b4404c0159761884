package bus

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/bus/contract"
	"slipway.dev/pkg/service"
)

// publishUnguarded: somebody with every right publishes beside guarded writers, unguarded, on
// three servers: what was said already, what nobody said, and under an id that is
// not that of its ordinal. The count of ordinals and ids reports each, and a service
// that reads the log folds nothing twice.
func publishUnguarded(t *testing.T, c *trio) {
	c.emptyLog(t)
	b := c.connect(t, "watcher")
	const guarded = "twins"
	ws := startTwins(t, 2, guarded, func(name string) *Bus { return c.connect(t, name) })
	loaded(t, ws)
	admin := c.connect(t, "admin")
	for range 100 {
		again(t, admin, guarded)
	}
	loaded(t, ws)
	ws.end(t)

	log := readWhole(t, b)
	replayed := 0
	for _, what := range log.findings() {
		if !strings.Contains(what, "is replayed") {
			t.Errorf("found %s", what)
		}
		replayed++
	}
	if replayed < 100 {
		t.Errorf("found %d replays, want the admin's 100 and whatever slipped in by them", replayed)
	}
	last := log.last[contract.Guard(guarded)]
	if got := fold(t, b)[guarded]; got != last || got < 4*loadBefore {
		t.Errorf("folded %d facts, the twins have said %d", got, last)
	}
	t.Logf("%d facts, %d replays", last, replayed)

	for what, e := range map[string]events.Event{
		"forged": forged(guarded, last+1),
		"gap":    contract.Decision(guarded, last+5, 1, 1)[0],
	} {
		publish(t, admin, e)
		findings := readWhole(t, b).findings()
		if got := findings[len(findings)-1]; !strings.Contains(got, what) {
			t.Errorf("a %s fact was reported as %q", what, got)
		}
	}
}

// again publishes what stands last under a guard once more, without the headers of
// a guarded writer.
func again(t *testing.T, admin *Bus, app string) {
	t.Helper()
	m, err := admin.get(limit(t), events.StreamEvents, getRequest{LastFor: contract.Guard(app)})
	if err != nil {
		t.Fatal(err)
	}
	copied := nats.NewMsg(m.Subject)
	copied.Header.Set(headerType, cloudEvent)
	copied.Data = m.Data
	if _, err := admin.publish(limit(t), copied); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, admin *Bus, e events.Event) {
	t.Helper()
	body, err := events.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	m := nats.NewMsg(e.StreamSubject())
	m.Header.Set(headerType, cloudEvent)
	m.Data = body
	if _, err := admin.publish(limit(t), m); err != nil {
		t.Fatal(err)
	}
}

// forged is a fact whose id is another ordinal's.
func forged(app string, n uint64) events.Event {
	e := contract.Decision(app, n, 1, 1)[0]
	e.ID = events.ID(contract.Guard(app), n+1000)
	return e
}

// counted is what a service remembers of an app: how many facts it has folded.
type counted struct{ Folded uint64 }

// fold reads the log with the loop every service has.
func fold(t *testing.T, b *Bus) map[string]uint64 {
	t.Helper()
	folds := map[string]uint64{}
	core := service.NewCore(service.Service{
		Name: "deployer", Version: 1, Says: []events.Kind{events.K[events.ReleasePaused]()},
		New: func() []service.Machine {
			return []service.Machine{service.Of(service.Decider[counted, struct{}]{
				Owner:  "deployer",
				New:    func(string) *counted { return &counted{} },
				Guard:  contract.Guard,
				Keys:   func(e events.Event) []string { return []string{e.App} },
				Decide: func(*counted, *struct{}, time.Time) service.Says { return service.Says{} },
				Evolve: func(app string, s *counted, _ *struct{}, e events.Event) {
					if s.Folded++; s.Folded != e.Ordinal {
						t.Errorf("%s: fact %d was folded as number %d", app, e.Ordinal, s.Folded)
					}
					folds[app] = s.Folded
				},
			})}
		},
	})
	ctx, cancel := context.WithCancel(limit(t))
	err := b.Read(ctx, events.Position{}, []string{wholeLog}, service.Reader{CaughtUp: cancel, Deliver: func(m service.Message) error {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil {
			err = e.Decode()
		}
		e.Pos, e.Stored = m.Pos, m.Stored
		core.Hear(e)
		return err
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return folds
}
