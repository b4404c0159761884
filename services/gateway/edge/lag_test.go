package edge

import (
	"context"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
)

// How far a gateway is behind the log is a series of its own: what is stored at its
// start, then nothing, and whatever it is told to be.
func TestTheLagBehindTheLogIsTold(t *testing.T) {
	p, k := &plane{memory: newMemory(t)}, &keeper{}
	b := newBackend(t, 1)
	for range 20 {
		p.list(b)
	}
	p.whole(1)
	cfg := Config{Name: "gw1-a", Listen: []string{"127.0.0.1:0"}, Logger: zerolog.Nop(), Hearsay: k}
	g := &edgeOf{Driver: New(cfg, p.memory), t: t, done: make(chan error, 1)}
	ctx, end := context.WithCancel(t.Context())
	g.end = end
	var mu sync.Mutex
	var behind []uint64
	opt := service.Options{Logger: zerolog.Nop(), Applied: g.Folded, Behind: func(n uint64) {
		mu.Lock()
		defer mu.Unlock()
		behind = append(behind, n)
		g.Behind(n)
	}}
	go func() {
		g.done <- service.Run(ctx, gateway.Service(gateway.Config{Name: "gw1-a", Addresses: cfg.Listen}, g.Driver), p.memory, opt)
	}()
	t.Cleanup(g.kill)
	g.url()
	p.awaitApplied(1, 20)
	mu.Lock()
	if behind[0] != 20 || behind[20] != 0 {
		t.Errorf("with 21 facts stored: behind by %d", behind[:21])
	}
	mu.Unlock()
	lag := func(want float64) func() bool {
		return func() bool {
			values := last(k.samples(t), "slipway_gateway_lag_events")
			return len(values) == 1 && total(values) == int(want)
		}
	}
	eventually(t, "no lag", lag(0))
	g.Behind(7)
	eventually(t, "a lag of 7", lag(7))
	p.say(events.PoolChanged{OfGeneration: events.OfGeneration{App: "other", Generation: 1}})
	eventually(t, "no lag again", lag(0))
}
