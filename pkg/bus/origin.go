package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

const (
	metaVersion = "slipway.version"
	metaEra     = "slipway.era"
	firstEra    = 1
)

// ErrNoStream says that a stream has not been made yet; the provisioner makes them.
var ErrNoStream = errors.New("no such stream")

// Info is what the log's leader says about it.
type Info struct {
	Era         uint32
	Created     time.Time // of the stream; a snapshot of another one is void
	First, Last events.Position
	Subjects    uint64 // each costs about 245 B of the server's memory for ever
	Deleted     int    // messages missing in between; anything but 0 is a finding
	Bytes, Max  uint64 // stored, and the size at which it is full
}

// Info asks for the state of the log.
func (b *Bus) Info(ctx context.Context) (Info, error) {
	conn := b.connection()
	si, err := b.streamInfo(ctx, events.StreamEvents)
	if err != nil {
		return Info{}, err
	}
	era := eraOf(si)
	b.origins.note(events.StreamEvents, origin{era, conn})
	return Info{
		Era:      era,
		Created:  si.Created,
		First:    events.Position{Era: era, Seq: si.State.FirstSeq},
		Last:     events.Position{Era: era, Seq: si.State.LastSeq},
		Subjects: si.State.NumSubjects,
		Deleted:  si.State.NumDeleted,
		Bytes:    si.State.Bytes,
		Max:      uint64(max(si.Config.MaxBytes, 0)),
	}, nil
}

// Head is the position of the last event of the log.
func (b *Bus) Head(ctx context.Context) (events.Position, error) {
	i, err := b.Info(ctx)
	return i.Last, err
}

// askWait is one question to the leader. One that was asked while nobody led is never
// answered, so it is asked again.
const askWait = time.Second

func (b *Bus) streamInfo(ctx context.Context, stream string) (*jetstream.StreamInfo, error) {
	for {
		asking, cancel := context.WithTimeout(ctx, askWait)
		s, err := b.js.Stream(asking, stream)
		cancel()
		switch {
		case err == nil:
			return s.CachedInfo(), nil
		case errors.Is(err, jetstream.ErrStreamNotFound):
			return nil, fmt.Errorf("%w: %s", ErrNoStream, stream)
		case !leaderless(err) || !wait.For(ctx, rand.N(askWait/5)):
			return nil, fmt.Errorf("ask about stream %s: %w", stream, err)
		}
	}
}

// leaderless tells whether a question met nobody who leads, or nobody at all.
func leaderless(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrReconnectBufExceeded) || errors.As(err, &api) && api.ErrorCode == codeNoLeader
}

// codeNoLeader is the server's "JetStream system temporarily unavailable".
const codeNoLeader = 10008

// eraOf reads the era in a stream's metadata; streams that do not carry one have
// never been closed.
func eraOf(si *jetstream.StreamInfo) uint32 {
	era, err := strconv.ParseUint(si.Config.Metadata[metaEra], 10, 32)
	if err != nil || era == 0 {
		return firstEra
	}
	return uint32(era)
}

// origins remembers the eras of streams, each for the connection it was asked over, and
// for ever that of the log the first one was made to.
type origins struct {
	mu  sync.Mutex
	of  map[string]origin
	log uint32 // 0: not known yet
}

// origin is a stream's era as one connection found it.
type origin struct {
	era  uint32
	conn uint64
}

func (o *origins) note(stream string, is origin) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[string]origin{}
	}
	o.of[stream] = is
	if stream == events.StreamEvents && o.log == 0 {
		o.log = is.era
	}
}

// known is the era of a stream, if this connection has asked for it.
func (o *origins) known(stream string, conn uint64) (origin, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	is, known := o.of[stream]
	return is, known && is.conn == conn
}

// same refuses another life of the log than the one this Bus began with: what its owner
// has folded is not what is stored there.
func (o *origins) same(era uint32) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.log == era {
		return nil
	}
	return fmt.Errorf("%w: it was in era %d and is in era %d", service.ErrLogReplaced, o.log, era)
}

// connection numbers the connection there is. The client counts a reconnect before
// anything can be sent over it; its handlers are told later, by a goroutine that may be
// late: they are no place to find out that another server is behind the address.
func (b *Bus) connection() uint64 { return b.nc.Stats().Reconnects }

// era is that of a stream, asked for once a connection.
func (b *Bus) era(ctx context.Context, stream string) (uint32, error) {
	is, err := b.origin(ctx, stream)
	return is.era, err
}

func (b *Bus) origin(ctx context.Context, stream string) (origin, error) {
	conn := b.connection() // before the question: an answer is at most too old, never too new
	if is, known := b.origins.known(stream, conn); known {
		return is, nil
	}
	si, err := b.streamInfo(ctx, stream)
	if err != nil {
		return origin{}, err
	}
	is := origin{eraOf(si), conn}
	b.origins.note(stream, is)
	return is, nil
}
