package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

const (
	pullMessages  = 5000    // messages buffered at most
	pullBytes     = 8 << 20 // bytes of one pull; two are open at most
	pullExpiry    = 5 * time.Second
	pullHeartbeat = time.Second      // two missed ones are an interruption
	inactiveAfter = 30 * time.Second // a consumer nobody pulls from goes away
	reopenMin     = 100 * time.Millisecond
	reopenMax     = 2 * time.Second
	wholeLog      = "slipway.event.>"
	idleCheck     = time.Second // while not caught up, ask how much is left after such a silence
)

// Read delivers what is stored in the log after a position; see service.Log. It
// returns service.ErrLogReplaced when the log is not the one the position is of.
func (b *Bus) Read(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	return b.read(ctx, source{stream: events.StreamEvents, filters: filters, kept: true}, after, r)
}

// source is what a reader reads.
type source struct {
	stream  string
	filters []string
	kept    bool                    // nothing is ever removed and positions are held for years
	policy  jetstream.DeliverPolicy // where to begin when no position is known; 0 is all
	since   time.Time               // for DeliverByStartTimePolicy
}

// reading is one reader under way. One goroutine owns it.
type reading struct {
	b        *Bus
	from     source
	to       service.Reader
	at       events.Position // last delivered, or where the reader began
	name     string          // prefix of its consumers' names
	opened   int
	caughtUp bool
	narrowed bool // the last life ended because everything was heard
	failures int
}

func (b *Bus) read(ctx context.Context, from source, after events.Position, to service.Reader) error {
	r := &reading{b: b, from: from, to: to, at: after}
	return r.run(ctx)
}

// run reads on from where the reader stands.
func (r *reading) run(ctx context.Context) error {
	r.name = nuid.Next()
	for {
		err := r.life(ctx)
		var stop *stopped
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &stop):
			return stop.because
		case errors.Is(err, errNarrow):
			continue
		}
		r.failures++
		r.b.id.Log.Debug().Err(err).Str("stream", r.from.stream).Msg("reader interrupted")
		if !wait.For(ctx, pause(r.failures)) {
			return ctx.Err()
		}
	}
}

// pause is how long a reader waits before it opens again: jittered, doubling.
func pause(failures int) time.Duration {
	d := min(reopenMin<<min(failures-1, 5), reopenMax)
	return d/2 + rand.N(d/2+1)
}

// stopped ends a reader for good.
type stopped struct{ because error }

func (s *stopped) Error() string { return s.because.Error() }

// life reads by one consumer until something interrupts it.
func (r *reading) life(ctx context.Context) error {
	ctx, leave, err := r.b.life.join(ctx)
	if err != nil {
		return err
	}
	defer leave()
	wide := r.wide()
	c, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	c.until = jetstream.NextContext(ctx)
	if r.opened++; r.opened > 1 && !r.narrowed && r.to.Gap != nil {
		r.to.Gap()
	}
	r.narrowed = false
	r.heardAll(c.pending == 0 && r.at.Seq >= c.goal)
	for {
		if r.narrowed = wide && r.caughtUp; r.narrowed {
			return errNarrow
		}
		m, some, err := c.next(ctx, !r.caughtUp && !r.from.kept)
		switch {
		case err != nil:
			return err
		case some:
			err = r.deliver(c, &m)
		default:
			err = r.silence(ctx, c)
		}
		if err != nil {
			return err
		}
	}
}

func (r *reading) deliver(c *consumer, m *service.Message) error {
	if m.Pos.Seq > c.start { // a pull may repeat after its own reset
		r.failures = 0
		r.notice(c.start, m.Pos)
		c.start, r.at = m.Pos.Seq, m.Pos
		if c.wide && !r.wants(m.Subject) {
			return r.passed(c, m)
		}
		if err := r.to.Deliver(*m); err != nil {
			return &stopped{err}
		}
	}
	return r.passed(c, m)
}

// passed counts a message that has been dealt with.
func (r *reading) passed(c *consumer, m *service.Message) error {
	c.left--
	r.heardAll((c.left <= 0 || m.Pending == 0) && c.start >= c.goal)
	return nil
}

// notice counts what is missing in the log. Nothing can be deleted from it, so a
// hole is damage to report, not a message to wait for.
func (r *reading) notice(last uint64, next events.Position) {
	if next.Seq == last+1 || !r.whole() {
		return
	}
	missing := next.Seq - last - 1
	r.b.holes.Add(missing)
	r.b.id.Log.Error().Stringer("before", next).Uint64("missing", missing).Msg("the log has a hole")
}

// Holes is how many messages readers of the whole log have found missing in it.
func (b *Bus) Holes() uint64 { return b.holes.Load() }

// heardAll calls CaughtUp once.
func (r *reading) heardAll(all bool) {
	if !all || r.caughtUp {
		return
	}
	r.caughtUp = true
	if r.to.CaughtUp != nil {
		r.to.CaughtUp()
	}
}

// open makes a consumer behind the last message delivered. Its name and options are
// those of the client's ordered consumer; this one ends with its context at once,
// where the client's waits for up to ten seconds inside a reset.
func (r *reading) open(ctx context.Context) (*consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	conn := r.b.connection()
	si, err := r.b.streamInfo(ctx, r.from.stream)
	if err != nil {
		return nil, err
	}
	era := eraOf(si)
	if err := r.sameStream(era, si.State.LastSeq); err != nil {
		return nil, err
	}
	goal, err := r.goal(ctx, si)
	if err != nil {
		return nil, err
	}
	cfg := r.config()
	c, err := r.b.js.CreateConsumer(ctx, r.from.stream, cfg)
	if err != nil {
		return nil, fmt.Errorf("open reader of %s: %w", r.from.stream, err)
	}
	if r.b.connection() != conn { // it may read another life of the stream than was looked at
		return nil, fmt.Errorf("open reader of %s: connected anew meanwhile", r.from.stream)
	}
	it, err := c.Messages(
		jetstream.PullMaxMessagesWithBytesLimit(pullMessages, pullBytes),
		jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(pullHeartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return nil, fmt.Errorf("open reader of %s: %w", r.from.stream, err)
	}
	pending := c.CachedInfo().NumPending
	return &consumer{b: r.b, of: c, it: it, stream: r.from.stream, name: cfg.Name, era: era, wide: r.wide(), start: r.at.Seq, goal: goal, pending: pending, left: int64(pending)}, nil
}

// goal is the last sequence that whoever has caught up must have read. A replica of
// the stream may be late, and the consumer counts what its own replica holds, so the
// leader is asked.
func (r *reading) goal(ctx context.Context, si *jetstream.StreamInfo) (last uint64, err error) {
	earlier := r.from.policy != jetstream.DeliverNewPolicy && r.from.policy != jetstream.DeliverByStartTimePolicy
	if r.caughtUp || si.Config.Replicas < 2 || !earlier {
		return 0, nil
	}
	for _, filter := range r.from.filters {
		if filter == wholeLog {
			return si.State.LastSeq, nil
		}
		m, err := r.b.get(ctx, r.from.stream, getRequest{LastFor: filter})
		if err != nil && !isNoMessage(err) {
			return 0, fmt.Errorf("open reader of %s: %w", r.from.stream, err)
		}
		last = max(last, m.Seq)
	}
	return last, nil
}

// sameStream compares the stream with the reader's position. A stream that forgets
// is read from its beginning where it was made anew; the log is not.
func (r *reading) sameStream(era uint32, last uint64) error {
	same := r.at.IsZero() || r.at.Era == era && r.at.Seq <= last
	switch {
	case same:
		return nil
	case r.from.kept:
		return &stopped{fmt.Errorf("%w: read to %s, the stream is in era %d and ends at %d", service.ErrLogReplaced, r.at, era, last)}
	}
	r.at = events.Position{}
	return nil
}
