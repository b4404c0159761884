package plane

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/slipway/fault"
)

// unbounded leaves the size of the log to the streams, which take at most half of
// the free disk; a development server stays small by itself.
const unbounded = 1 << 50

// serverOptions are those of the embedded server on an address.
func serverOptions(data, host string, port int, p bus.Profile, log zerolog.Logger) bus.ServerOptions {
	storeMax := p.StoreMax
	if storeMax == 0 && p.Name != "dev" {
		storeMax = unbounded
	}
	if port == 0 {
		port = -1 // any
	}
	return bus.ServerOptions{Host: host, Port: port, StoreDir: filepath.Join(data, "nats"), MaxStore: storeMax, Log: log}
}

func startServer(o bus.ServerOptions) (*bus.Server, error) {
	s, err := bus.StartServer(o)
	if errors.Is(err, bus.ErrAlone) {
		return nil, fault.New("SLW-C010", "%v", err).
			Because("a cluster deletes what its servers have not agreed on; it takes a backup by slipway restore FILE --nats SERVERS").
			Try("slipway run bus --data " + filepath.Dir(o.StoreDir))
	}
	if err != nil {
		return nil, fmt.Errorf("start nats: %w", err)
	}
	return s, nil
}

// provision makes the streams as declared and founds the cluster; who comes second
// finds both. It returns what a development server is warned of.
func provision(ctx context.Context, h *host, profile bus.Profile) (warned []bus.Hazard, err error) {
	b, err := h.connect(ctx, provisioner.Owner)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	changes, err := b.Ensure(ctx, profile)
	if err != nil {
		return nil, fmt.Errorf("make streams: %w", err)
	}
	b.changed(changes, nil)
	founded := events.ClusterFounded{Cluster: rand.Text(), Level: events.Level, Profile: profile.Name}
	if _, err = b.Found(ctx, founded, time.Now()); err != nil {
		return nil, err
	}
	return streams(ctx, b.Bus, profile, h.data)
}

// awaitRestore waits until a backup has been restored into the cluster, all of it, or
// there is a log that never was.
func awaitRestore(ctx context.Context, h *host) {
	for told := false; ; {
		over, err := restoreOver(ctx, h)
		if over || ctx.Err() != nil {
			return
		}
		if !told {
			h.log.Warn().Err(err).Msg("waiting for slipway restore FILE --nats SERVERS")
			told = true
		}
		wait.For(ctx, jitter(restoreLook))
	}
}

// restoreLook is the time between two looks for a restored log.
const restoreLook = time.Second

func restoreOver(ctx context.Context, h *host) (bool, error) {
	b, err := h.connect(ctx, provisioner.Owner)
	if err != nil {
		return false, err
	}
	defer b.Close()
	ctx, cancel := context.WithTimeout(ctx, againMax)
	defer cancel()
	return b.RestoreOver(ctx)
}

// unlike says that a log is not what this version makes.
func unlike(data string, err error) error {
	var told *fault.Fault
	if errors.As(err, &told) {
		return told
	}
	return fault.New("SLW-C010", "the log of %s is not as this version declares it", data).Because(err.Error()).Try("slipway doctor")
}

// changed writes what became of the streams.
func (l line) changed(changes []bus.Change, err error) {
	if err != nil {
		l.log.Error().Err(err).Msg("streams")
	}
	for _, c := range changes {
		l.log.Info().Str("stream", c.Stream).Bool("created", c.Created).Strs("changes", c.Changes).Msg("stream")
	}
}
