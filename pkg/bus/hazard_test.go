package bus

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Each line of the boot check, with a real server or folder.
func TestBootCheck(t *testing.T) {
	t.Run("bus-13 sync off is refused outside tests", func(t *testing.T) {
		o := ServerOptions{StoreDir: t.TempDir(), DontListen: true, NoSync: true}
		if err := o.check(false); err == nil || !strings.Contains(err.Error(), "NoSync") {
			t.Errorf("got %v", err)
		}
		if o.NoSync = false; o.check(false) != nil || !o.options().SyncAlways {
			t.Error("sync is not always by default")
		}
	})
	t.Run("bus-13 a store that cannot be written to is refused", func(t *testing.T) {
		for _, dir := range []string{"", "/dev/null/store"} {
			if s, err := StartServer(ServerOptions{StoreDir: dir}); err == nil || !strings.Contains(err.Error(), "StoreDir") {
				s.Shutdown()
				t.Errorf("%q: started", dir)
			}
		}
	})
	t.Run("bus-13 a listener beyond this machine is refused", func(t *testing.T) {
		far := ServerOptions{StoreDir: t.TempDir(), Host: "0.0.0.0", Port: -1}
		if s, err := StartServer(far); err == nil || !strings.Contains(err.Error(), "Host") {
			s.Shutdown()
			t.Error("clients: started")
		}
		far = ServerOptions{Name: "a", StoreDir: t.TempDir(), Port: -1, Cluster: &Cluster{Host: "192.0.2.1", Port: 6222, Routes: []string{"nats://127.0.0.1:6222"}}}
		if s, err := StartServer(far); err == nil || !strings.Contains(err.Error(), "Cluster.Host") {
			s.Shutdown()
			t.Error("routes: started")
		}
	})
	t.Run("bus-13 a server older than 2.15.2 is refused", func(t *testing.T) {
		for v, old := range map[string]bool{"2.15.1": true, "2.15.2": false, "2.16.0": false, "3.0.0": false, "2.9.99": true, "": true} {
			if older(v, oldestVersion) != old {
				t.Errorf("version %q: older is %v", v, !old)
			}
		}
	})
	t.Run("bus-13 a log that does not begin at 1 is refused", func(t *testing.T) {
		lacks(t, func(c *jetstream.StreamConfig) { c.FirstSeq = 5 }, 0)
	})
	t.Run("bus-13 a log with a hole is refused", func(t *testing.T) {
		lacks(t, func(c *jetstream.StreamConfig) { c.DenyDelete = false }, 2)
	})
	t.Run("bus-13 a log that does not begin with cluster.founded is refused", func(t *testing.T) {
		b := openTest(t)
		say(t, b, 0, fact(1, ""))
		if _, err := b.Found(limit(t), events.ClusterFounded{Cluster: "one"}, time.Now()); !errors.Is(err, service.ErrLogReplaced) {
			t.Errorf("got %v", err)
		}
	})
}

// lacks makes the log by other rules, says three facts, deletes one, and wants Ensure
// to refuse it and to name a backup.
func lacks(t *testing.T, rules func(*jetstream.StreamConfig), deleted uint64) {
	t.Helper()
	b := connectTest(t, startTest(t), "test")
	c := b.configs(Profile{Name: profileDev})[0]
	rules(&c)
	s, err := b.js.CreateStream(limit(t), c)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := b.js.PublishMsg(limit(t), nats.NewMsg(fact(1, "").StreamSubject())); err != nil {
			t.Fatal(err)
		}
	}
	if deleted > 0 {
		if err := s.DeleteMsg(limit(t), deleted); err != nil {
			t.Fatal(err)
		}
	}
	var drift *Drift
	if _, err := b.Ensure(limit(t), Profile{Name: profileDev}); !errors.As(err, &drift) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("got %v", err)
	}
}

// What is refused in single and cluster and a warning in dev.
func TestHazards(t *testing.T) {
	t.Run("bus-13 a store under a folder for temporary files", func(t *testing.T) {
		link := filepath.Join(home(t), "link")
		if err := os.Symlink(os.TempDir(), link); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{filepath.Join(os.TempDir(), "x", "nats"), link} {
			if found := StoreHazards(dir); len(found) == 0 || !strings.Contains(found[0].String(), "temporary") || found[0].Remedy == "" {
				t.Errorf("%s: %v", dir, found)
			}
		}
		for _, h := range StoreHazards("/var/lib/slipway/nats") {
			if strings.Contains(h.Detail, "temporary files") {
				t.Errorf("an ordinary folder: %v", h)
			}
		}
	})
	t.Run("bus-13 a store in memory", func(t *testing.T) {
		if runtime.GOOS != "linux" || shakyFS("/dev/shm") == "" {
			t.Skip("no tmpfs at /dev/shm")
		}
		found := StoreHazards("/dev/shm/slipway/nats")
		if len(found) != 2 || !strings.Contains(found[1].Detail, "tmpfs") {
			t.Errorf("%v", found)
		}
	})
	t.Run("bus-13 streams that may outgrow their disk", func(t *testing.T) {
		u := Use{Reserved: 100 << 20, Stored: 30 << 20}
		if found := u.hazards(70 << 20); len(found) != 0 {
			t.Errorf("just enough: %v", found)
		}
		if found := u.hazards(69 << 20); len(found) != 1 || found[0].Setting != "store-max" {
			t.Errorf("one MiB short: %v", found)
		}
	})
	b := openTest(t)
	t.Run("bus-13 one replica in the cluster profile", func(t *testing.T) {
		refused, _, err := b.Hazards(limit(t), Profile{Name: profileCluster}, time.Now())
		if err != nil || len(refused) != 1 || refused[0].Setting != "replicas" {
			t.Errorf("%v %v", refused, err)
		}
		if refused, _, err := b.Hazards(limit(t), Profile{Name: profileDev}, time.Now()); err != nil || len(refused) > 0 {
			t.Errorf("dev: %v %v", refused, err)
		}
	})
	t.Run("bus-13 a clock before the last event's time is a warning", func(t *testing.T) {
		say(t, b, 0, fact(1, ""))
		for back, want := range map[time.Duration]int{0: 0, 4 * time.Second: 0, time.Minute: 1} {
			refused, warned, err := b.Hazards(limit(t), Profile{Name: profileDev}, time.Now().Add(-back))
			if err != nil || len(refused) > 0 || len(warned) != want {
				t.Errorf("%s back: %v %v %v", back, refused, warned, err)
			}
		}
	})
}

// home is a folder that is not under one for temporary files.
func home(t *testing.T) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(here, "testdata-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
