package plane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
)

// What loses what was acknowledged is a warning in dev and refused elsewhere.
func TestBus13(t *testing.T) {
	dir := filepath.Join(os.TempDir(), "slipway")
	t.Run("bus-13 a temporary folder is a warning in dev", func(t *testing.T) {
		if warned, err := folder(dir, "dev"); err != nil || len(warned) == 0 {
			t.Errorf("%v %v", warned, err)
		}
	})
	for _, profile := range []string{"single", "cluster"} {
		t.Run("bus-13 a temporary folder is refused in "+profile, func(t *testing.T) {
			_, err := folder(dir, profile)
			if code(err) != "SLW-C010" || !strings.Contains(strings.Join(fault.Of(err).Why, " "), "local disk") {
				t.Errorf("%v", err)
			}
		})
		t.Run("bus-13 run bus starts nothing in "+profile, func(t *testing.T) {
			data := t.TempDir()
			err := Run(t.Context(), RunConfig{
				Names: []string{"bus"}, Data: data, NATS: "127.0.0.1:0", Profile: profile, Peers: peersOf(profile),
				Log: Log{Level: "error", Stderr: os.Stderr}, Getenv: func(string) string { return "" }, Began: time.Now(),
			})
			if code(err) != "SLW-C010" {
				t.Errorf("%v", err)
			}
			if _, err := os.Stat(filepath.Join(data, "nats")); !os.IsNotExist(err) {
				t.Errorf("a store was made: %v", err)
			}
		})
	}
	t.Run("bus-13 streams larger than the disk are refused in single and a warning in dev", func(t *testing.T) {
		found := []bus.Hazard{{Setting: "store-max", Detail: "too large", Remedy: "make room"}}
		if _, err := tolerated("single", dir, found); code(err) != "SLW-C010" {
			t.Errorf("%v", err)
		}
		if warned, err := tolerated("dev", dir, found); err != nil || len(warned) != 1 {
			t.Errorf("%v %v", warned, err)
		}
	})
	t.Run("bus-13 a log behind what a snapshot says is refused", behindASnapshot)
}

func peersOf(profile string) Peers {
	if profile != profileCluster {
		return Peers{}
	}
	return Peers{Address: "127.0.0.1:6222", Routes: []string{"nats://127.0.0.1:6222"}}
}

func behindASnapshot(t *testing.T) {
	p := bus.Profile{Name: "dev", StoreMax: 64 << 20}
	s, err := bus.StartServer(bus.ServerOptions{StoreDir: t.TempDir(), DontListen: true, NoSync: true, MaxStore: p.StoreMax})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	h := &host{reach: bus.Identity{Server: s}, log: zerolog.Nop(), beats: newBeats()}
	if _, err := provision(ctx, h, p); err != nil {
		t.Fatal(err)
	}
	b, err := h.connect(ctx, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	info, err := b.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, created, _ := strings.Cut(identity(info), " ")
	for _, c := range []struct {
		what, stream, position string
		refused                bool
	}{
		{"what it has read", identity(info), "1:1", false},
		{"longer", identity(info), "1:2", true},
		{"created at another time", "1 2020-01-01T00:00:00Z", "1:1", true},
		{"of a later era", "2 " + created, "2:1", true},
		{"unreadable", "", "1:9", false},
	} {
		body := fmt.Sprintf(`{"position":%q,"stream":%q}`, c.position, c.stream)
		if err := (busKeeper{b.Bus, "registry"}).save(ctx, []byte(body)); err != nil {
			t.Fatal(err)
		}
		if _, err := provision(ctx, h, p); errors.Is(err, service.ErrLogReplaced) != c.refused {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
