package longlog_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/registry"
	"slipway.dev/services/slipway/longlog"
)

// store is enough for the longest log: the streams share it, and three tenths are the
// log's.
const store = 24 << 30

// written makes a data folder whose server holds a log, and returns how long it is.
func written(t testing.TB, o longlog.Options) (data string, n int) {
	t.Helper()
	data = t.TempDir()
	s := serve(t, filepath.Join(data, "nats"))
	defer s.Shutdown()
	return data, write(t, s, o)
}

// serve starts a server that does not wait for the disk.
func serve(t testing.TB, folder string) *bus.Server {
	t.Helper()
	s, err := bus.StartServer(bus.ServerOptions{StoreDir: folder, Port: -1, NoSync: true, MaxStore: store})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write makes the streams and writes a log.
func write(t testing.TB, s *bus.Server, o longlog.Options) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	made(t, s)
	to := newSink(t, s)
	n, err := longlog.Tell(o, to.put)
	if err == nil {
		err = to.flush(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// made makes the streams of a server.
func made(t testing.TB, s *bus.Server) *bus.Bus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := bus.Connect(ctx, bus.Identity{Name: "test", Server: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if _, err := b.Ensure(ctx, bus.Profile{Name: "dev", StoreMax: store}); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTell: the services fold it without a gap and find every promise held.
func TestTell(t *testing.T) {
	for _, retire := range []bool{false, true} {
		cores := []*service.Core{service.NewCore(deployer.Service(deployer.Config{DefaultDomain: "localhost"})), service.NewCore(registry.Service(registry.Config{}))}
		n := uint64(0)
		told, err := longlog.Tell(longlog.Options{Events: 20_000, Apps: 7, Nodes: 4, Retire: retire}, func(subject string, body []byte) error {
			e, err := events.Parse(subject, nil, body)
			if err == nil {
				err = e.Decode()
			}
			n++
			e.Pos, e.Stored = events.Position{Era: 1, Seq: n}, e.Time
			for _, c := range cores {
				if c.HearsOwner(e.Kind.Owner) {
					c.Hear(e)
				} else {
					c.Skip(e.Pos)
				}
			}
			return err
		})
		if err != nil || uint64(told) != n {
			t.Fatalf("%d told, %d heard: %v", told, n, err)
		}
		for _, c := range cores {
			if parked := c.Parked(); len(parked) > 0 {
				t.Errorf("parked %+v", parked)
			}
			for _, m := range c.Machines() {
				for _, key := range m.Keys() {
					if err := m.Check(key); err != nil {
						t.Errorf("retire %t: %s %s: %v", retire, m.Owner(), key, err)
					}
					if says := m.Decide(key, time.Now()); len(says.Facts) > 0 && m.Owner() != "registry" { // which hears no lease here
						t.Errorf("retire %t: %s %s says %+v", retire, m.Owner(), key, says.Facts[0])
					}
				}
			}
		}
	}
}
