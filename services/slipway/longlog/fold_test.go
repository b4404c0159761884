package longlog_test

import (
	"context"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/metrics"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/registry"
	"slipway.dev/services/slipway/longlog"
)

// shelf is a bus that holds a log and nothing else.
type shelf struct{ log []service.Message }

func (s shelf) Append(context.Context, string, uint64, []events.Event) (service.Result, error) {
	return service.Result{}, service.ErrUnavailable
}

func (s shelf) Read(ctx context.Context, _ events.Position, filters []string, r service.Reader) error {
	for _, m := range s.log {
		if err := r.Deliver(m); err != nil {
			return err
		}
	}
	return nothing(ctx, r)
}

// nothing is heard.
func nothing(ctx context.Context, r service.Reader) error {
	if r.CaughtUp != nil {
		r.CaughtUp()
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s shelf) Wishes(ctx context.Context, _ events.Position, _ []string, r service.Reader) error {
	return nothing(ctx, r)
}
func (s shelf) Leases(ctx context.Context, _ []string, r service.Reader) error {
	return nothing(ctx, r)
}
func (s shelf) Measured(ctx context.Context, _ []string, r service.Reader) error {
	return nothing(ctx, r)
}
func (s shelf) Lease(string, events.LeaseBody) {}
func (s shelf) Dead(context.Context, string, service.Message, string, string) error {
	return nil
}

// BenchmarkFold: what four services that start together do with an event, without a
// server: it is read once and each folds it.
func BenchmarkFold(b *testing.B) {
	log := told(b, longlog.Options{Events: 20_000, Apps: 20, Nodes: 4, Retire: true})
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		onces := make([]service.Once, len(log)) // of a message that nobody has read yet
		for i := range log {
			log[i].Once = &onces[i]
		}
		b.StartTimer()
		foldTogether(b, log)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(log)), "ns/event")
}

func foldTogether(b *testing.B, log []service.Message) {
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	var ready, ended sync.WaitGroup
	for _, svc := range []service.Service{
		deployer.Service(cfg), registry.Service(registry.Config{}),
		provisioner.Service(provisioner.Config{}, nil), metrics.Service(nil),
	} {
		ready.Add(1)
		ended.Go(func() {
			err := service.Run(ctx, svc, shelf{log}, service.Options{Copy: "one", Logger: zerolog.Nop(), Ready: ready.Done})
			if err != nil {
				b.Errorf("%s: %v", svc.Name, err)
			}
		})
	}
	ready.Wait()
	stop()
	ended.Wait()
}
