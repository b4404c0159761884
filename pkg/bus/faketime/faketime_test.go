// Package faketime_test runs the embedded server in fake time: minutes pass in
// milliseconds. It is a test binary of its own, since the client library pools timers
// for some of its requests, and one made in a bubble must not be used outside of it.
package faketime_test

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/bus/contract"
)

// The server's clock of access times must start outside of the bubble.
func TestMain(m *testing.M) {
	ats.Register()
	os.Exit(m.Run())
}

// bus-1: the same decision said again 20 minutes later, when the server has
// forgotten its message ids, is found by the guard.
func TestSameDecisionAfterTwentyMinutes(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := bus.StartServer(bus.ServerOptions{StoreDir: dir, DontListen: true, NoSync: true, MaxStore: 512 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer time.Sleep(time.Minute) // the store's own goroutines end by their timers
		defer s.Shutdown()
		b, err := bus.Connect(t.Context(), bus.Identity{Name: "test", Server: s})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if _, err := b.Ensure(t.Context(), bus.Profile{Name: "dev"}); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 5, 20} {
			again(t, b, fmt.Sprintf("app-%d", n), n)
		}
	})
}

func again(t *testing.T, b *bus.Bus, app string, n int) {
	said := contract.Decision(app, 1, n, 1)
	first, err := b.Append(t.Context(), contract.Guard(app), 0, said)
	if err != nil || first.Stored != n {
		t.Fatalf("append %d: %+v %v", n, first, err)
	}
	began := time.Now()
	time.Sleep(2 * events.DedupWindow)
	second, err := b.Append(t.Context(), contract.Guard(app), 0, said)
	if err != nil || !second.Already || second.First != first.First || second.Last != first.Last {
		t.Fatalf("the same %d after %s: %+v %v, first %+v", n, time.Since(began), second, err, first)
	}
	if head, err := b.Head(t.Context()); err != nil || head != first.Last {
		t.Fatalf("the log ends at %s, want %s (%v)", head, first.Last, err)
	}
}
