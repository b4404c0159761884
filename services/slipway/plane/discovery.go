package plane

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/pkg/discovery"
)

// discoveryHeader is how long a client of the lists may take for its request's header.
const discoveryHeader = 10 * time.Second

// discovery answers plain reads of the lists of all apps. Nobody waits for it, and it
// holds no lease: it says nothing.
func (h *host) discovery(at string) (part, error) {
	if _, _, err := inner("discovery", at); err != nil {
		return part{}, err
	}
	real, held, err := claim("discovery", at)
	if err != nil {
		return part{}, err
	}
	if held != nil {
		held.Close()
	}
	log := h.logger("discovery")
	return part{name: "discovery", log: log, run: func(ctx context.Context, ready func()) error {
		nc, err := h.dial()
		if err != nil {
			return err
		}
		defer nc.Close()
		l, err := net.Listen("tcp", real)
		if err != nil {
			return fmt.Errorf("open discovery: %w", err)
		}
		c := discovery.New(nc)
		c.Failed = func(err error) { log.Warn().Err(err).Msg("discovery") }
		server := &http.Server{Handler: discovery.Handler(c), ReadHeaderTimeout: discoveryHeader}
		defer context.AfterFunc(ctx, func() { server.Close() })()
		heard := make(chan struct{})
		reading, stop := context.WithCancel(ctx)
		go func() {
			defer close(heard)
			_ = c.Run(reading) // only with its context
		}()
		defer func() { stop(); <-heard }()
		ready()
		log.Info().Str("address", real).Msg("discovery")
		return server.Serve(l)
	}}, nil
}

// withDiscovery adds them where an address is given.
func (h *host) withDiscovery(parts []part, at string) ([]part, error) {
	if at == "" || at == Off {
		return parts, nil
	}
	p, err := h.discovery(at)
	return append(parts, p), err
}

// dial connects without any right to speak.
func (h *host) dial() (*nats.Conn, error) {
	var opts []nats.Option
	if h.reach.Creds != "" {
		opts = append(opts, nats.UserCredentials(h.reach.Creds))
	}
	if h.reach.Server != nil {
		opts = append(opts, nats.InProcessServer(h.reach.Server))
	}
	return discovery.Dial(strings.Join(h.reach.URLs, ","), "discovery", opts...)
}
