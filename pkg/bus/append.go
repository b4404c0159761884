package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

const (
	tryWait       = 450 * time.Millisecond // one try, so that a read-back fits into the second
	idsAgain      = 3                      // message ids tried when somebody has taken ours
	busyWait      = 50 * time.Millisecond  // doubled at each try
	crowdedWait   = 5 * time.Millisecond
	crowdedJitter = 15 * time.Millisecond
)

// Append says the events of one decision under one guard; see service.Log. Up to
// eight go as guarded singles, each expecting its predecessor, more as one atomic
// batch: a batch costs the same few milliseconds whatever its size.
func (b *Bus) Append(ctx context.Context, guard string, expected uint64, es []events.Event) (service.Result, error) {
	drafts, err := b.drafts(guard, es)
	if err != nil {
		return service.Result{}, err
	}
	giveBack, err := b.slots.take(ctx, guard)
	if err != nil {
		return service.Result{}, err
	}
	defer giveBack()
	ctx, cancel := context.WithTimeout(ctx, events.SayAge)
	defer cancel()
	ctx, unwatch := b.denials.watch(ctx, subjects(drafts))
	defer unwatch()
	if err := b.admit(ctx, es); err != nil {
		return service.Result{}, err
	}
	w := &write{b: b, guard: guard, tail: expected, left: drafts, batch: len(drafts) > events.MaxChain}
	err = w.run(ctx)
	return w.result(), err
}

// write is one append under way.
type write struct {
	b     *Bus
	guard string
	is    origin // of the log it writes to, once asked
	batch bool

	tail    uint64  // last sequence under the guard that is the writer's: folded, or stored here
	left    []draft // not known to be stored
	first   uint64
	stored  int // events this append has stored
	found   int // events it found stored
	again   int // message ids already taken by others
	tries   int
	doubted bool // a try of what is left may have been stored
}

func (w *write) result() service.Result {
	if w.first == 0 {
		return service.Result{}
	}
	return service.Result{
		First:   events.Position{Era: w.is.era, Seq: w.first},
		Last:    events.Position{Era: w.is.era, Seq: w.tail},
		Stored:  w.stored,
		Already: w.stored == 0 && len(w.left) == 0,
	}
}

// run sends until all is stored, somebody else was first, or the second is over.
func (w *write) run(ctx context.Context) error {
	for len(w.left) > 0 {
		if ctx.Err() != nil {
			return w.over(context.Cause(ctx))
		}
		if err := w.sameLog(ctx); err != nil {
			return err
		}
		o, at, err := w.send(ctx)
		if cause := context.Cause(ctx); errors.Is(cause, service.ErrDenied) {
			return cause
		}
		if done, err := w.conclude(ctx, o, at, err); done {
			return err
		}
	}
	return nil
}

// sameLog looks before each try whether the log is still the one that was folded: it
// may have been restored from a copy since the last one.
func (w *write) sameLog(ctx context.Context) error {
	if w.is.era != 0 && w.is.conn == w.b.connection() {
		return nil
	}
	is, err := w.b.origin(ctx, events.StreamEvents)
	if err != nil {
		return w.over(err)
	}
	w.is = is
	return w.b.origins.same(is.era)
}

// send makes one try of the next single or of the whole batch. at is the sequence
// of the message, of the last one of a batch, where the server told one.
func (w *write) send(ctx context.Context) (o outcome, at uint64, err error) {
	w.tries++
	ctx, cancel := context.WithTimeout(ctx, tryWait)
	defer cancel()
	if !w.batch {
		ack, err := w.b.publish(ctx, w.left[0].message(w.guard, w.tail, w.again))
		if err != nil {
			o, _ = judge(err)
			return o, 0, err
		}
		if ack.Duplicate {
			return duplicate, ack.Sequence, nil
		}
		return stored, ack.Sequence, nil
	}
	msgs := make([]*nats.Msg, len(w.left))
	for i, d := range w.left {
		msgs[i] = d.message(w.guard, w.tail, w.again)
	}
	ack, err := w.b.publishBatch(ctx, msgs)
	if err != nil {
		o, _ = judge(err)
		return o, 0, err
	}
	return stored, ack.Sequence, nil
}

// conclude takes one answer; done ends the append with the error returned.
func (w *write) conclude(ctx context.Context, o outcome, at uint64, cause error) (done bool, err error) {
	w.doubted = w.doubted || o == unclear
	switch o {
	case stored:
		w.keepStored(at)
		return false, nil
	case unsent:
		return true, w.over(cause)
	case full:
		w.b.fill.mark()
		return true, fmt.Errorf("%w: %w", service.ErrFull, cause)
	case refused:
		_, code := judge(cause)
		return true, &service.ErrRejected{Code: code, Why: cause.Error()}
	case busy:
		if !wait.For(ctx, rand.N(busyWait<<min(w.tries, 5))) {
			return true, fmt.Errorf("%w: %w", service.ErrBusy, cause)
		}
		return false, nil
	case crowded:
		wait.For(ctx, crowdedWait+rand.N(crowdedJitter))
	}
	return w.readBack(ctx, o == duplicate, at)
}

// keepStored notes what the server has just stored.
func (w *write) keepStored(last uint64) {
	n := len(w.left)
	if !w.batch {
		n = 1
	}
	w.stored += n
	w.b.fill.add(w.left[:n])
	w.keep(n, last-uint64(n)+1, last)
}

// keep takes n drafts off, stored from first to last.
func (w *write) keep(n int, first, last uint64) {
	if w.first == 0 {
		w.first = first
	}
	w.tail, w.left, w.again, w.doubted = last, w.left[n:], 0, false
}

// over is the end of the second: what may be stored is unclear, what surely is not
// is told as unavailable. Nothing is sent any more.
func (w *write) over(cause error) error {
	if w.doubted {
		return fmt.Errorf("%w: %w", service.ErrUnclear, cause)
	}
	return fmt.Errorf("%w: %w", service.ErrUnavailable, cause)
}

func subjects(drafts []draft) []string {
	all := make([]string, len(drafts))
	for i, d := range drafts {
		all[i] = d.subject
	}
	return all
}
