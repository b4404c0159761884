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

// What a log may take of its server's memory. Measured, with the writer's own in it: of
// 3,000,000 events of 1,000 apps, on 49,011 subjects and 2.3 GiB of disk, 282 MiB when
// all was written and at most 24 MiB two minutes later; of 1,000,000 on the same
// subjects 104 MiB and, three minutes later, 8.6 MiB. A history that nobody has touched
// for two minutes takes nothing.
const (
	perSubject = 300     // bytes, for ever: 140 to 220 measured
	perCached  = 150     // bytes an event: the server indexes each block touched in the last two minutes, 95 measured
	heapBase   = 8 << 20 // what it has besides, such as the block it writes
	letsGo     = 4 * time.Minute
)

// TestServerMemoryFollowsTheFleet: a log three times as long about the same apps has
// no more subjects, and once the server has let go of what it caches of the blocks it
// wrote, memory is taken by subjects alone, however long the log is. A short run does
// not wait for that: it judges that nothing but those caches is there.
func TestServerMemoryFollowsTheFleet(t *testing.T) {
	o := longlog.Options{Events: e2e.Count(3_000_000), Apps: e2e.Count(1000), Nodes: 4}
	long := o.Apps == 1000
	if !long { // a short run is shorter still
		o.Events, o.Apps = o.Events/2, o.Apps/2
	}
	s := serve(t, filepath.Join(t.TempDir(), "nats"))
	defer s.Shutdown()
	made(t, s)
	to := newSink(t, s)
	empty, third := measured(t, to), state{}
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
	written := measured(t, to)
	t.Logf("%d events of %d apps, %d bytes each: %d subjects, a third of them had %d; the heap took %d KiB empty, %d after a third, %d when all was written",
		n, o.Apps, written.bytes/uint64(n), written.subjects, third.subjects, empty.heap>>10, third.heap>>10, written.heap>>10)
	if written.subjects != third.subjects {
		t.Errorf("%d subjects, a third of the log had %d", written.subjects, third.subjects)
	}
	most := empty.heap + heapBase + perSubject*written.subjects
	if cached := most + perCached*uint64(n); written.heap > cached {
		t.Errorf("%d KiB of heap when all was written, want at most %d", written.heap>>10, cached>>10)
	}
	if !long {
		return
	}
	began, left := time.Now(), written
	e2e.Await(t, letsGo, "the memory to be that of the subjects", func() bool {
		left = measured(t, to)
		return left.heap <= most
	})
	t.Logf("%s later %d KiB, want at most %d", time.Since(began).Round(time.Second), left.heap>>10, most>>10)
}

// state is what a log costs its server.
type state struct{ subjects, bytes, heap uint64 }

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
	return state{info.State.NumSubjects, info.State.Bytes, m.HeapAlloc}
}
