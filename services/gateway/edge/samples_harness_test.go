package edge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/rs/zerolog"

	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
)

// runTold is a gateway whose samples and records go to a keeper.
func runTold(t testing.TB, bus *memory, k *keeper) *edgeOf {
	t.Helper()
	cfg := Config{Name: "gw1-a", Node: "n1", Listen: []string{"127.0.0.1:0"}, Logger: zerolog.Nop(), Hearsay: k}
	g := &edgeOf{Driver: New(cfg, bus), t: t, done: make(chan error, 1)}
	ctx, end := context.WithCancel(context.Background())
	g.end = end
	svc := gateway.Service(gateway.Config{Name: "gw1-a", Node: "n1", Addresses: cfg.Listen}, g.Driver)
	go func() {
		g.done <- service.Run(ctx, svc, bus, service.Options{Logger: zerolog.Nop(), Applied: g.Folded})
	}()
	t.Cleanup(g.kill)
	return g
}

var asking = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// get asks the app web and returns what it says.
func get(url, path string) (string, error) {
	r, err := http.NewRequest(http.MethodGet, url+path, nil)
	if err != nil {
		return "", err
	}
	r.Host = host
	res, err := asking.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("answer %d %s", res.StatusCode, b)
	}
	return string(b), err
}
