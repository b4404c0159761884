package longlog_test

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/longlog"
)

// What the server keeps in memory while a log grows threefold may vary by so much: it
// caches what was written last and lets go of it after seconds.
const (
	heapSlack = 24 << 20
	letsGo    = 40 * time.Second
)

// TestServerMemoryFollowsTheFleet: a log three times as long about the same apps has
// no more subjects and takes no more of the server's memory.
func TestServerMemoryFollowsTheFleet(t *testing.T) {
	o := longlog.Options{Events: e2e.Count(3_000_000), Apps: e2e.Count(1000), Nodes: 4}
	if o.Apps < 1000 { // a short run is shorter still
		o.Events, o.Apps = o.Events/2, o.Apps/2
	}
	s := serve(t, filepath.Join(t.TempDir(), "nats"))
	defer s.Shutdown()
	made(t, s)
	to := newSink(t, s)
	var third state
	n, err := longlog.Tell(o, func(subject string, body []byte) error {
		if err := to.put(subject, body); err != nil || to.n != uint64(o.Events)/3 {
			return err
		}
		err := to.flush(t.Context())
		third = measured(t, to)
		return err
	})
	if err == nil {
		err = to.flush(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	var whole state
	e2e.Await(t, letsGo, "the heap to be what it was", func() bool {
		whole = measured(t, to)
		return whole.heap <= third.heap+heapSlack
	})
	t.Logf("%d events of %d apps: %d subjects and %d MiB of heap; a third of them: %d and %d MiB",
		n, o.Apps, whole.subjects, whole.heap>>20, third.subjects, third.heap>>20)
	if whole.subjects != third.subjects {
		t.Errorf("%d subjects, a third of the log had %d", whole.subjects, third.subjects)
	}
}

// state is what a log costs its server.
type state struct{ subjects, heap uint64 }

func measured(t *testing.T, to *sink) state {
	t.Helper()
	stream, err := to.js.Stream(t.Context(), events.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter("slipway.none"))
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return state{info.State.NumSubjects, m.HeapAlloc}
}
