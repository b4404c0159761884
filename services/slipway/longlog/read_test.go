package longlog_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/longlog"
)

// BenchmarkRead: the log as a reader of everything gets it, undecoded, and what one
// filter of many finds in it.
func BenchmarkRead(b *testing.B) {
	data, n := written(b, longlog.Options{Events: 1_000_000, Apps: 1000, Nodes: 4})
	s := serve(b, filepath.Join(data, "nats"))
	defer s.Shutdown()
	for _, c := range []struct{ name, filter string }{
		{"whole", "slipway.event.>"}, {"app", "slipway.event.app500.>"}, {"fleet", "slipway.event._.>"},
	} {
		b.Run(c.name, func(b *testing.B) {
			heard := 0
			for b.Loop() {
				heard = readAll(b, s, c.filter)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(heard), "heard")
		})
	}
}

// readAll reads what matches a filter until it has caught up.
func readAll(t testing.TB, s *bus.Server, filter string) (heard int) {
	t.Helper()
	c, err := bus.Connect(t.Context(), bus.Identity{Name: "test", Server: s})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err = c.Read(ctx, events.Position{}, []string{filter}, service.Reader{
		Deliver:  func(service.Message) error { heard++; return nil },
		CaughtUp: stop,
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return heard
}
