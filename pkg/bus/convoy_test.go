package bus

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// sailor is a reader in a convoy.
type sailor struct {
	b        *Bus
	stop     context.CancelFunc
	done     chan error
	caughtUp chan struct{}

	mu    sync.Mutex
	heard []uint64
	onces []*service.Once
	gaps  int
}

// sails has a participant read in a convoy; each is called before a message is taken.
func sails(t *testing.T, c *Convoy, s *Server, after events.Position, filters []string, each func()) *sailor {
	t.Helper()
	x := &sailor{b: connectTest(t, s, "test"), done: make(chan error, 1), caughtUp: make(chan struct{})}
	var ctx context.Context
	ctx, x.stop = context.WithCancel(limit(t))
	go func() {
		x.done <- c.Read(ctx, x.b, after, filters, service.Reader{
			Deliver: func(m service.Message) error {
				each()
				x.mu.Lock()
				defer x.mu.Unlock()
				x.heard, x.onces = append(x.heard, m.Pos.Seq), append(x.onces, m.Once)
				return nil
			},
			CaughtUp: func() { close(x.caughtUp) },
			Gap:      func() { x.gaps++ },
		})
	}()
	t.Cleanup(func() { x.end(t) })
	return x
}

func (x *sailor) end(t *testing.T) {
	x.stop()
	if err := <-x.done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	x.done <- context.Canceled
}

// wants waits until so much has been heard, each once and in order, and nothing else.
func (x *sailor) wants(t *testing.T, want []uint64) {
	t.Helper()
	heard := func() []uint64 {
		x.mu.Lock()
		defer x.mu.Unlock()
		return slices.Clone(x.heard)
	}
	await(t, "the log", func() bool { return len(heard()) >= len(want) })
	if got := heard(); !slices.Equal(got, want) || x.gaps > 0 {
		t.Errorf("%d heard with %d gaps, want %d in order", len(got), x.gaps, len(want))
	}
}

func (x *sailor) catchesUp(t *testing.T) {
	t.Helper()
	select {
	case <-x.caughtUp:
	case <-limit(t).Done():
		t.Fatal("it does not catch up")
	}
}

// logged makes a log of so many facts about the test's app.
func logged(t *testing.T, n uint64) (*Server, *Bus) {
	t.Helper()
	s := startTest(t)
	b := connectTest(t, s, "test")
	ensure(t, b)
	for stored := uint64(0); stored < n; {
		next := min(n-stored, events.MaxAppendEvents)
		stored = say(t, b, stored, facts(stored+1, next)...).Last.Seq
	}
	return s, b
}

func upTo(first, last uint64) (all []uint64) {
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}

func nothing() {}

// bus-32, of participants that start together: one consumer reads for all of them
// while they catch up, and each hears what its filters want from its own position,
// once and in order; then each reads on by itself.
func TestConvoy(t *testing.T) {
	const n = (holdsWaiting + 4) * holdMessages // more than the first can leave waiting while it counts
	s, b := logged(t, n)
	c := NewConvoy(3)
	c.gather, c.patience = bound, bound
	consumers := make(chan int, 1)
	count := sync.OnceFunc(func() {
		si, err := b.streamInfo(limit(t), events.StreamEvents)
		if err != nil {
			t.Error(err)
			return
		}
		consumers <- si.State.Consumers
	})
	whole := sails(t, c, s, events.Position{}, []string{wholeLog}, count)
	late := sails(t, c, s, events.Position{Era: 1, Seq: 700}, []string{wholeLog}, nothing)
	narrow := sails(t, c, s, events.Position{}, []string{"slipway.event.api.>", "slipway.event._.>"}, nothing)
	for _, x := range []*sailor{whole, late, narrow} {
		x.catchesUp(t)
	}
	if is := <-consumers; is != 1 {
		t.Errorf("%d consumers while catching up", is)
	}
	whole.wants(t, upTo(1, n))
	late.wants(t, upTo(701, n))
	if shared := whole.onces[700]; shared == nil || shared != late.onces[0] {
		t.Error("a message is scanned once for each")
	}
	say(t, b, n, fact(n+1, ""))
	whole.wants(t, upTo(1, n+1))
	late.wants(t, upTo(701, n+1))
	narrow.wants(t, nil)
}

// Nobody waits for one that is stuck: it is left behind and reads on by itself, and so
// do the others when the one ends on whose connection all was read.
func TestConvoyLeavesBehind(t *testing.T) {
	const n = (holdsWaiting + 4) * holdMessages
	s, _ := logged(t, n)
	c := NewConvoy(3)
	goOn := make(chan struct{})
	first := sails(t, c, s, events.Position{}, []string{wholeLog}, nothing)
	stuck := sails(t, c, s, events.Position{}, []string{wholeLog}, func() { <-goOn })
	other := sails(t, c, s, events.Position{}, []string{wholeLog}, nothing)
	first.catchesUp(t)
	other.catchesUp(t)
	first.end(t)
	close(goOn)
	stuck.catchesUp(t)
	stuck.wants(t, upTo(1, n))
	other.wants(t, upTo(1, n))
	again := sails(t, c, s, events.Position{}, []string{wholeLog}, nothing)
	again.catchesUp(t)
	again.wants(t, upTo(1, n))
}

// One that does not come is not waited for, and the end of the one that leads ends
// nobody else.
func TestConvoyWithoutItsLeader(t *testing.T) {
	const n = 4 * holdMessages
	s, _ := logged(t, n)
	c := NewConvoy(3)
	began := make(chan struct{})
	leader := sails(t, c, s, events.Position{}, []string{wholeLog}, nothing)
	await(t, "the leader", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.members) == 1
	})
	other := sails(t, c, s, events.Position{}, []string{wholeLog}, func() { <-began })
	leader.catchesUp(t)
	leader.end(t)
	close(began)
	other.catchesUp(t)
	other.wants(t, upTo(1, n))
}

// A participant whose position is of another log is told so, and the others go on.
func TestConvoyOfAnotherLog(t *testing.T) {
	s, _ := logged(t, 10)
	c := NewConvoy(2)
	b := connectTest(t, s, "test")
	good := sails(t, c, s, events.Position{}, []string{wholeLog}, nothing)
	for _, at := range []events.Position{{Era: 2, Seq: 5}, {Era: 1, Seq: 11}} {
		err := c.Read(limit(t), b, at, []string{wholeLog}, service.Reader{
			Deliver:  func(m service.Message) error { return errors.New("delivered " + m.Pos.String()) },
			CaughtUp: func() { t.Errorf("caught up at %s", at) },
		})
		if !errors.Is(err, service.ErrLogReplaced) {
			t.Errorf("at %s: %v", at, err)
		}
		c, b = NewConvoy(2), connectTest(t, s, "test")
		good.catchesUp(t)
		good.wants(t, upTo(1, 10))
		good = sails(t, c, s, events.Position{}, []string{wholeLog}, nothing)
	}
}
