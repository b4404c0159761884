package bus

import (
	"context"
	"testing"
)

// TestCut: a bus that is cut hears and says nothing until the cut is over, by a socket
// and inside a process; others go on.
func TestCut(t *testing.T) {
	s, err := StartServer(ServerOptions{StoreDir: t.TempDir(), Port: -1, NoSync: true, MaxStore: testStore})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	for name, id := range map[string]Identity{
		"by a socket":      {Name: "cut", URLs: []string{s.ClientURL()}},
		"inside a process": {Name: "cut", Server: s},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := Connect(limit(t), id)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			other, err := Connect(limit(t), Identity{Name: "other", Server: s})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			ctx, heal := context.WithCancel(t.Context())
			over := make(chan struct{})
			go func() { b.Cut(ctx); close(over) }()
			await(t, "the connection to break", func() bool { return !b.Connected() })
			if !other.Connected() {
				t.Error("the other one is cut as well")
			}
			if n := b.nc.Stats().Reconnects; n != 0 {
				t.Errorf("it came back %d times while it was cut", n)
			}
			heal()
			<-over
			await(t, "the connection to come back", b.Connected)
		})
	}
}
