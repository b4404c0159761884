package bus

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// While its server was away the log was restored from a copy: who was connected to the
// one before may not go on writing, though its guard has not moved.
func TestAWriterOfTheLogBeforeIsRefusedByTheRestoredOne(t *testing.T) {
	begin := func(port int) *Server {
		t.Helper()
		s, err := StartServer(ServerOptions{StoreDir: t.TempDir(), Port: port, NoSync: true, MaxStore: testStore})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Shutdown)
		return s
	}
	s := begin(-1)
	url := s.ClientURL()
	b, err := Connect(limit(t), Identity{Name: "before", URLs: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	ensure(t, connectTest(t, s, "provisioner")) // it knows how much the server may store
	say(t, b, 0, facts(1, 3)...)
	c, from := copied(t, b, events.StreamEvents)
	s.Shutdown()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "nats://"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	other := connectTest(t, begin(n), "restore")
	if err := other.RestoreStream(limit(t), c, 2, bytes.NewReader(from)); err != nil {
		t.Fatal(err)
	}
	await(t, "the writer to be connected again", b.Connected)
	if _, err := b.Append(limit(t), testGuard, 3, facts(4, 1)); !errors.Is(err, service.ErrLogReplaced) {
		t.Errorf("%v", err)
	}
	if head, err := other.Head(limit(t)); err != nil || head != (events.Position{Era: 2, Seq: 3}) {
		t.Errorf("%s, %v", head, err)
	}
}
