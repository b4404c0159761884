package edge

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
)

// Nobody waits for a gateway whose successor serves already: what is in flight has its
// time, far beyond that of a clean end.
func TestHandOverCutsNobodyShort(t *testing.T) {
	const cleanEnd = 50 * time.Millisecond
	p := &plane{memory: newMemory(t)}
	b := newBackend(t, 1)
	p.list(b)
	p.whole(1)
	cfg := Config{Name: "gw1-a", Listen: []string{"127.0.0.1:0"}, Drain: cleanEnd, Linger: cleanEnd / 2, Logger: zerolog.Nop()}
	g := &edgeOf{Driver: New(cfg, p.memory), t: t, done: make(chan error, 1)}
	ctx, end := context.WithCancel(t.Context())
	g.end = end
	go func() {
		svc := gateway.Service(gateway.Config{Name: "gw1-a", Addresses: cfg.Listen}, g.Driver)
		g.done <- service.Run(ctx, svc, p.memory, service.Options{Logger: zerolog.Nop(), Applied: g.Folded})
	}()
	t.Cleanup(g.kill)
	url, slow := g.url(), make(chan int, 1)
	client := &http.Transport{}
	go func() {
		status, _, _, _ := ask(&http.Client{Transport: client}, http.MethodGet, url+"/slow")
		slow <- status
	}()
	eventually(t, "a request in flight", func() bool { return b.served.Load() == 1 })
	over := make(chan error, 1)
	go func() { over <- g.HandOver(t.Context()) }()
	awaitFact(p.memory, func(events.GatewayDraining) bool { return true })
	select {
	case status := <-slow:
		t.Fatalf("the request in flight ended with %d", status)
	case <-time.After(5 * cleanEnd):
	}
	b.answer()
	if status := <-slow; status != 200 {
		t.Errorf("the request in flight got %d", status)
	}
	client.CloseIdleConnections() // or it is told to go with its next answer
	if err := <-over; err != nil {
		t.Errorf("hand over: %v", err)
	}
	awaitFact(p.memory, func(d events.GatewayDrained) bool { return d.InFlight == 0 })
}
