package longlog_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/longlog"
	"slipway.dev/services/slipway/view"
)

var cfg = deployer.Config{DefaultDomain: "localhost"}

// told is a log as messages.
func told(t testing.TB, o longlog.Options) (log []service.Message) {
	t.Helper()
	_, err := longlog.Tell(o, func(subject string, body []byte) error {
		at := events.Position{Era: 1, Seq: uint64(len(log) + 1)}
		log = append(log, service.Message{Subject: subject, Body: body, Pos: at, Stored: time.Unix(1_700_000_000+int64(at.Seq), 0).UTC()})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func document(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// present is all that status, ps and nodes tell.
func present(t testing.TB, l *view.Log, now time.Time) string {
	t.Helper()
	all := []any{l.Position(), l.Apps(), l.Instances("", false), l.Nodes(nil, events.LeaseTTL)}
	for _, name := range l.Apps() {
		app, _ := l.Status(name, now)
		all = append(all, app)
	}
	return document(t, all)
}

// past is all that history, ps --all and why tell of an app.
func past(t testing.TB, l *view.Log, app string) string {
	t.Helper()
	all := []any{l.Position(), l.History(app, 0), l.Instances(app, true)}
	if f, ok := l.Last("app", app); ok {
		all = append(all, l.Chain(f, nil))
	}
	return document(t, all)
}

// TestReads: bus-20, of what the command line tells: the same from a snapshot, from
// the part of the log about an app, and from the first event, at any position.
func TestReads(t *testing.T) {
	log := told(t, longlog.Options{Events: 2000, Apps: 5, Nodes: 4, Retire: true})
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range e2e.Count(1000) {
		end := random.IntN(len(log)) + 1
		cut := random.IntN(end + 1)
		at, now := log[end-1].Pos, log[end-1].Stored
		whole, late, part := view.NewLog(cfg), view.NewLog(cfg), view.NewLog(cfg)
		early := service.NewCore(deployer.Service(cfg))
		app := longlog.Name(random.IntN(5))
		for i, m := range log[:end] {
			e, _ := whole.Hear(m)
			if i < cut {
				early.Hear(e)
			}
			if strings.HasPrefix(m.Subject, "slipway.event."+app+".") || strings.HasPrefix(m.Subject, "slipway.event._.") {
				part.Hear(m)
			}
		}
		part.Skip(at)
		snapshot, err := early.Export("1 now")
		if err != nil {
			t.Fatal(err)
		}
		if !late.Begin(snapshot, "1 now", at) {
			t.Fatalf("seed %d: no beginning at %d", seed, cut)
		}
		for i, m := range log[:end] {
			switch {
			case i >= cut:
				late.Hear(m)
			case strings.HasPrefix(m.Subject, "slipway.event._."):
				late.Fleet(m)
			}
		}
		if is, was := present(t, late, now), present(t, whole, now); is != was {
			t.Fatalf("seed %d: at %d from a snapshot at %d\nis  %s\nwas %s", seed, end, cut, is, was)
		}
		if is, was := past(t, part, app), past(t, whole, app); is != was {
			t.Fatalf("seed %d: %s at %d\nis  %s\nwas %s", seed, app, end, is, was)
		}
	}
}
