package longlog_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/longlog"
	"slipway.dev/services/slipway/plane"
)

// development is a dev on a data folder that disturbs nobody.
func development(t testing.TB, data string, up func(plane.Ready)) error {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	any := "127.0.0.1:0"
	return plane.Dev(ctx, plane.DevConfig{
		Data: data, Listen: any, UI: any, NATS: any, Metrics: any, Alerting: any, Context: "long", StoreMax: store,
		Log: plane.Log{Level: "warn", Stderr: io.Discard}, Began: time.Now(),
		Getenv: func(name string) string {
			if name == "HOME" || name == "XDG_CONFIG_HOME" {
				return filepath.Join(data, "home")
			}
			return ""
		},
		Up: func(_ context.Context, r plane.Ready) {
			up(r)
			stop()
		},
	})
}

// readyWithin is how long a million events may keep a start from being ready.
const readyWithin = 8 * time.Second

// TestDevIsReadyOnALongLog: within five times its bound for ten times as many events,
// from the first of them and from its snapshots.
func TestDevIsReadyOnALongLog(t *testing.T) {
	data, n := written(t, longlog.Options{Events: e2e.Count(1_000_000), Apps: e2e.Count(1000), Nodes: 4, Retire: true})
	for _, start := range []string{"the first event", "its snapshots"} {
		var ready plane.Ready
		if err := development(t, data, func(r plane.Ready) { ready = r }); err != nil {
			t.Fatalf("from %s: %v", start, err)
		}
		took := time.Duration(ready.ReadyMs) * time.Millisecond
		t.Logf("ready in %s on %d events, from %s", took, n, start)
		if took > 5*readyWithin {
			t.Errorf("from %s it took %s, want at most %s", start, took, 5*readyWithin)
		}
	}
}

// BenchmarkDevToReady: the whole of Slipway on a log of a million events, from the
// first of them and from its snapshots.
func BenchmarkDevToReady(b *testing.B) {
	data, n := written(b, longlog.Options{Events: 1_000_000, Apps: 1000, Nodes: 4, Retire: true})
	for _, start := range []string{"first", "snapshots"} {
		b.Run(start, func(b *testing.B) {
			took := int64(0)
			for b.Loop() {
				if start == "first" {
					forget(b, data)
				}
				if err := development(b, data, func(r plane.Ready) { took += r.ReadyMs }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(took)/float64(b.N), "ms-to-ready")
			b.ReportMetric(float64(n), "events")
		})
	}
}

// forget deletes every snapshot of a data folder.
func forget(t testing.TB, data string) {
	t.Helper()
	snapshots := []string{filepath.Join(data, "node", "snapshot"), filepath.Join(data, "gateway", "snapshot-gw1-a"), filepath.Join(data, "nats", "jetstream", "$G", "streams", "SLIPWAY_SNAPSHOTS")}
	for _, path := range snapshots {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}
