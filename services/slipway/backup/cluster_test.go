package backup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

// electWait is how long three servers may take to agree on who leads.
const electWait = time.Minute

// trio is three servers that hold nothing, with so many bytes of store each, and a client
// of them.
func trio(t *testing.T, store int64) (servers [3]*bus.Server, b *bus.Bus) {
	t.Helper()
	var routes, urls []string
	ports := freePorts(t, 6)
	for _, port := range ports[:3] {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", port))
	}
	for i := range servers {
		s, err := bus.StartServer(bus.ServerOptions{
			Name: string(rune('a' + i)), Port: ports[3+i], StoreDir: t.TempDir(), NoSync: true, MaxStore: store,
			Cluster: &bus.Cluster{Port: ports[i], Routes: routes},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Shutdown)
		servers[i], urls = s, append(urls, s.ClientURL())
	}
	b, err := bus.Connect(within(t, electWait), bus.Identity{Name: "test", URLs: urls})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return servers, b
}

func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // when all are found, so that they differ
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// What one server had is restored into a cluster of three: each of them has all of it,
// so that the loss of one loses nothing, and who provisions finds it as declared.
func TestABackupIsRestoredIntoACluster(t *testing.T) {
	path, m := took(t, cluster(t))
	f := opened(t, path)
	servers, b := trio(t, 512<<20)
	if over, err := b.RestoreOver(within(t, electWait)); over || err != nil {
		t.Errorf("before: over %t, %v", over, err)
	}
	made, err := f.RestoreInto(within(t, 2*electWait), b, noon.Add(time.Hour), unseen)
	if err != nil || made.Position.String() != "2:32" {
		t.Fatalf("%+v, %v", made, err)
	}
	if over, err := b.RestoreOver(t.Context()); !over || err != nil {
		t.Errorf("after: over %t, %v", over, err)
	}
	if _, err := b.Ensure(within(t, electWait), bus.Profile{Name: "cluster", StoreMax: 256 << 20}); err != nil {
		t.Error(err)
	}
	if shapes, err := b.Shapes(t.Context()); err != nil || shapes[events.StreamEvents].Replicas != 3 || len(shapes) <= len(bus.Truth) {
		t.Errorf("%+v, %v", shapes, err)
	}
	if _, err := f.RestoreInto(within(t, electWait), b, noon, unseen); !errors.Is(err, ErrTaken) {
		t.Errorf("over a log: %v", err)
	}
	if _, err := b.MakeDurable(t.Context(), bus.Durable{Name: "mybot", Filters: []string{"slipway.event.web.>"}, Wish: "1:1", MaxAckPending: 1}); err != nil {
		t.Fatal(err)
	}
	servers[0].Shutdown()
	var again Manifest
	for ctx := within(t, electWait); again.At == "" && ctx.Err() == nil; {
		_, again, err = tried(ctx, t, b)
	}
	if err != nil || again.At != "2:32" || len(again.Consumers) != 1 || again.Parts[1].Messages != m.Parts[1].Messages || again.Parts[4].Messages != m.Parts[4].Messages {
		t.Errorf("without one of them: %+v, %v", again, err)
	}
}

// Servers that are too small for it are told from others, and hold nothing afterwards:
// larger ones in their place take it.
func TestAClusterWithTooLittleRoomIsLeftEmpty(t *testing.T) {
	f := opened(t, first(took(t, cluster(t))))
	_, b := trio(t, 200<<20) // which the artifacts fit into, and not the log besides
	if _, err := f.RestoreInto(within(t, electWait), b, noon, unseen); !errors.Is(err, bus.ErrNoStore) {
		t.Errorf("%v", err)
	}
	if untouched, err := b.Untouched(within(t, electWait)); err != nil || !untouched {
		t.Errorf("untouched %t, %v", untouched, err)
	}
}
