package plane

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/wholefile"
)

// keeper keeps the newest snapshot of one participant. It is a cache: one that is
// lost costs a longer start.
type keeper interface {
	load(ctx context.Context) ([]byte, error)
	save(ctx context.Context, b []byte) error
}

// fileKeeper keeps it beside what node and gateway have on this machine anyway.
type fileKeeper string

func (k fileKeeper) load(context.Context) ([]byte, error) { return os.ReadFile(string(k)) }

func (k fileKeeper) save(_ context.Context, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(string(k)), 0o700); err != nil {
		return fmt.Errorf("make folder of snapshot: %w", err)
	}
	return wholefile.Replace(string(k), b, 0o600)
}

// pieceBytes cuts a fold: compressed, a piece of JSON is far below the bus's limit.
const pieceBytes = 1 << 20

// busKeeper keeps it in the bus, for whichever copy starts next.
type busKeeper struct {
	bus  *bus.Bus
	name string
}

func (k busKeeper) load(ctx context.Context) ([]byte, error) {
	parts, _, err := k.bus.LoadSnapshot(ctx, k.name)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		b = append(b, parts[name]...)
	}
	return b, nil
}

func (k busKeeper) save(ctx context.Context, b []byte) error {
	parts := map[string][]byte{}
	for piece := range slices.Chunk(b, pieceBytes) {
		parts[fmt.Sprintf("%04x", len(parts))] = piece
	}
	return k.bus.SaveSnapshot(ctx, k.name, parts, nil)
}

// saver saves beside the loop, which must not wait for a disk. What comes while it
// saves replaces what waits.
type saver struct {
	keeper keeper
	log    zerolog.Logger
	next   chan []byte
	done   chan struct{}
}

// saveWait bounds a save at the end of a process.
const saveWait = 2 * time.Second

func newSaver(k keeper, log zerolog.Logger) *saver {
	s := &saver{keeper: k, log: log, next: make(chan []byte, 1), done: make(chan struct{})}
	go s.run()
	return s
}

// offer is called by one goroutine.
func (s *saver) offer(b []byte) {
	select {
	case <-s.next:
	default:
	}
	s.next <- b
}

func (s *saver) run() {
	defer close(s.done)
	for b := range s.next {
		ctx, cancel := context.WithTimeout(context.Background(), saveWait)
		if err := s.keeper.save(ctx, b); err != nil && !errors.Is(err, context.Canceled) {
			s.log.Warn().Err(err).Msg("save snapshot")
		}
		cancel()
	}
}

// close saves what was offered last and returns.
func (s *saver) close() {
	close(s.next)
	<-s.done
}
