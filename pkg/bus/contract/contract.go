package contract

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	bound      = 20 * time.Second // a test that waits longer hangs
	rounds     = 1000             // of two writers, in behaviour bus-3
	roundsFast = rounds / 10      // where SLIPWAY_SOAK is not set
)

// Faults is what a log may offer beside service.Log, so that the suite can lose
// answers and let a twin be faster. Tests that need it are skipped without.
type Faults interface {
	// LoseAnswers loses the answers to the next n writes (a batch is one); the
	// writes themselves are stored.
	LoseAnswers(n int)
	// Before calls f once, right before the nth write from now is sent.
	Before(n int, f func())
	// Amid calls f once, while the next batch is under way: its first message has
	// been taken, its last has not been sent.
	Amid(f func())
}

// Run tests a log. open returns an empty one, which may hold cluster.founded. must
// names the tests that the log has to pass without a skip, so that a test lost from
// the suite is missed.
func Run(t *testing.T, open func(t *testing.T) service.Log, must ...string) {
	missed := map[string]bool{}
	for _, name := range must {
		missed[name] = true
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, service.Log)
	}{
		{"bus-1 the same decision appended twice is one", sayTwice},
		{"bus-2 an answer lost after storing is read back", loseAnswer},
		{"bus-3 of two writers under one guard exactly one is stored each round", compete},
		{"bus-4 a guard moved before the decision refuses all of it", movedBefore},
		{"bus-4 a guard moved in the midst of a chain keeps a prefix", movedMidst},
		{"bus-4 a guard moved in the midst of a batch refuses all of it", movedAmid},
		{"the next decision follows the last one", follow},
		{"a guard does not hear of other guards", otherGuard},
		{"a writer that has not folded what stands there is told where to read on", conflictTells},
		{"what breaks a rule of writing is rejected and nothing is stored", reject},
		{"bus-9 a reader stopped at any message resumes behind it", resume},
		{"a reader gets what its filters match, in order, and is told once when it has caught up", filters},
		{"a reader ends with its context and with its own error", endRead},
		{"a reader hears what is said after it has caught up", live},
	} {
		needed := missed[c.name]
		delete(missed, c.name)
		t.Run(c.name, func(t *testing.T) {
			t.Cleanup(func() {
				if needed && t.Skipped() {
					t.Error("skipped, and must not be")
				}
			})
			c.test(t, open(t))
		})
	}
	for name := range missed {
		t.Errorf("the suite has no test %q", name)
	}
}

// Guard is under which an app's deployer speaks.
func Guard(app string) string { return events.Guard("deployer", app, "") }

// fact is one the deployer may say of an app, its nth. Facts of one app and number
// but of different releases have one id and different bytes.
func fact(app string, n uint64, release int) events.Event {
	return event(app, n, events.ReleasePaused{
		OfRelease: events.OfRelease{App: app, Release: release}, Cause: "manual",
	})
}

// retired is a fact of another entity under the same guard.
func retired(app string, n uint64) events.Event {
	return event(app, n, events.AppRetired{OfApp: events.OfApp{App: app}})
}

func event(app string, n uint64, data events.Payload) events.Event {
	about := data.About()
	id := events.ID(Guard(app), n)
	return events.Event{
		ID: id, Source: "/slipway/deployer", Kind: events.KindOf(data), App: about.App, Place: about.Place,
		Subject: about.Subject, Time: time.Unix(1_700_000_000, 0).UTC(), Correlation: id,
		Actor: "service:deployer", Reason: fmt.Sprintf("fact %d of %s", n, app), Ordinal: n, Data: data,
	}
}

// Decision is n facts the deployer may say of an app, numbered from first. Those
// of another release have the same ids and other bytes.
func Decision(app string, first uint64, n, release int) []events.Event {
	es := make([]events.Event, n)
	for i := range es {
		es[i] = fact(app, first+uint64(i), release)
	}
	return es
}

func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	return ctx
}

// say appends and fails the test where that does.
func say(t *testing.T, log service.Log, app string, expected uint64, es ...events.Event) service.Result {
	t.Helper()
	r, err := log.Append(limit(t), Guard(app), expected, es)
	if err != nil {
		t.Fatalf("append %d events of %s behind %d: %v", len(es), app, expected, err)
	}
	return r
}

// conflicts appends and fails the test unless somebody was first.
func conflicts(t *testing.T, log service.Log, app string, expected uint64, es ...events.Event) *service.ErrConflict {
	t.Helper()
	r, err := log.Append(limit(t), Guard(app), expected, es)
	var c *service.ErrConflict
	if !errors.As(err, &c) {
		t.Fatalf("append behind %d: got %+v, %v; want a conflict", expected, r, err)
	}
	if c.Guard != Guard(app) {
		t.Fatalf("the conflict names guard %s, want %s", c.Guard, Guard(app))
	}
	return c
}

var errEnough = errors.New("enough read")

// stored reads all that an app's deployer has said.
func stored(t *testing.T, log service.Log, app string) []service.Message {
	t.Helper()
	return storedAfter(t, log, events.Position{}, Guard(app))
}

// storedAfter reads until caught up.
func storedAfter(t *testing.T, log service.Log, after events.Position, filters ...string) (got []service.Message) {
	t.Helper()
	ctx, cancel := context.WithCancel(limit(t))
	defer cancel()
	caughtUp := false
	err := log.Read(ctx, after, filters, service.Reader{
		Deliver: func(m service.Message) error {
			got = append(got, m)
			return nil
		},
		CaughtUp: func() { caughtUp = true; cancel() },
	})
	if !caughtUp {
		t.Fatalf("read %v after %q: not caught up: %v", filters, after, err)
	}
	return got
}

// ids checks that what an app has said are the facts 1 to n, each once.
func ids(t *testing.T, log service.Log, app string, n int) {
	t.Helper()
	got := stored(t, log, app)
	for i, m := range got {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err != nil {
			t.Fatalf("read %s: %v", m.Pos, err)
		}
		if want := events.ID(Guard(app), uint64(i+1)); e.ID != want || e.Ordinal != uint64(i+1) {
			t.Fatalf("fact %d of %s is %s with ordinal %d, want %s", i+1, app, e.ID, e.Ordinal, want)
		}
	}
	if len(got) != n {
		t.Fatalf("%s has said %d facts, want %d", app, len(got), n)
	}
}
