package gateway

import (
	"context"
	"net"
	"strconv"

	"slipway.dev/services/gateway/proxy"
)

// drained tells when an endpoint has been let go.
type drained struct{ ids chan string }

func (d drained) Closed(string, string)                   {}
func (d drained) Drained(_, endpoint string, _ proxy.Cut) { d.ids <- endpoint }
func (d drained) Quiesced(string, uint64, int)            {}
func (d drained) Judged(proxy.Judged)                     {}

// serveOurs is the gateway's data path as the gateway runs it, without the log.
func serveOurs(address, backend string) error {
	proxy.CollectLess()
	gone := drained{make(chan string, 1)}
	p := proxy.New(proxy.Config{Events: gone})
	generation := uint64(0)
	aim := func(backend string) error {
		generation++
		_, err := p.Apply(context.Background(), proxy.Desired{
			Route: proxy.Route{
				App: "web", Generation: 1, Rules: []proxy.Rule{{Path: "/"}}, Balance: "least-request",
				Shares: []proxy.Share{{Release: 1, ShareBp: 10_000}},
			},
			PoolGeneration: generation,
			Endpoints: []proxy.Endpoint{{
				ID: "web-1-a" + strconv.FormatUint(generation, 10), Release: 1, Address: backend, Weight: 100, Ready: true, Serving: true,
			}},
		})
		return err
	}
	if err := aim(backend); err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s := proxy.NewServer(l, p, proxy.ServerConfig{})
	s.SetState(proxy.Live)
	go obey(func(backend string) error {
		err := aim(backend)
		if err == nil {
			<-gone.ids
		}
		return err
	})
	return s.Serve()
}
