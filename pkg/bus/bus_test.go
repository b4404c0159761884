package bus

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

// The server's clock of access times must start outside any bubble of fake time.
func TestMain(m *testing.M) {
	if described := os.Getenv(serverVariable); described != "" {
		if err := serve(described); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if described := os.Getenv(speakerVariable); described != "" {
		if err := speak(described); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ats.Register()
	os.Exit(m.Run())
}

const bound = 20 * time.Second

// testStore is small, so that the server does not reserve a disk it may not have.
const testStore = 512 << 20

func startTest(t *testing.T) *Server {
	t.Helper()
	return startIn(t, t.TempDir())
}

func startIn(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := StartServer(ServerOptions{StoreDir: dir, DontListen: true, NoSync: true, MaxStore: testStore})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

func connectTest(t *testing.T, s *Server, name string) *Bus {
	t.Helper()
	b, err := Connect(limit(t), Identity{Name: name, Server: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// openTest is a connection to a fresh server with its streams made.
func openTest(t *testing.T) *Bus {
	t.Helper()
	b := connectTest(t, startTest(t), "test")
	ensure(t, b)
	return b
}

func ensure(t *testing.T, b *Bus) []Change {
	t.Helper()
	changes, err := b.Ensure(limit(t), Profile{Name: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	return ctx
}

const testApp = "web"

var testGuard = events.Guard("deployer", testApp, "")

// fact is the nth the deployer says of the test's app.
func fact(n uint64, words string) events.Event {
	return about(n, events.ReleasePaused{OfRelease: events.OfRelease{App: testApp, Release: 1}, Cause: "manual", Message: words})
}

// about is fact with other data.
func about(n uint64, data events.Payload) events.Event {
	about, id := data.About(), events.ID(testGuard, n)
	return events.Event{
		ID: id, Source: "/slipway/deployer", Kind: events.KindOf(data), App: about.App, Subject: about.Subject,
		Time: time.Unix(1_700_000_000, 0).UTC(), Correlation: id, Actor: "service:deployer", Ordinal: n, Data: data,
	}
}

func facts(first, n uint64) (es []events.Event) {
	for i := range n {
		es = append(es, fact(first+i, ""))
	}
	return es
}

func say(t *testing.T, b *Bus, expected uint64, es ...events.Event) service.Result {
	t.Helper()
	r, err := b.Append(limit(t), testGuard, expected, es)
	if err != nil {
		t.Fatalf("append %d events behind %d: %v", len(es), expected, err)
	}
	return r
}

// await asks until it holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	awaitWithin(t, bound, what, holds)
}

func awaitWithin(t *testing.T, bound time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(bound); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s: %s", bound, what)
		}
		wait.For(t.Context(), 2*time.Millisecond)
	}
}
