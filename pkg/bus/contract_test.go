package bus

import (
	"context"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/pkg/bus/contract"
	"slipway.dev/pkg/service"
)

// behaviours of the design that the suite must show on one server and on three.
var behaviours = []string{
	"bus-1 the same decision appended twice is one",
	"bus-2 an answer lost after storing is read back",
	"bus-3 of two writers under one guard exactly one is stored each round",
	"bus-4 a guard moved before the decision refuses all of it",
	"bus-4 a guard moved in the midst of a chain keeps a prefix",
	"bus-4 a guard moved in the midst of a batch refuses all of it",
	"bus-9 a reader stopped at any message resumes behind it",
}

func TestContract(t *testing.T) {
	contract.Run(t, func(t *testing.T) service.Log {
		b := openTest(t)
		return newFaulty(b, func(t *testing.T) *Bus { return connectTest(t, b.id.Server, "twin") })
	}, behaviours...)
}

func contractOnThree(t *testing.T, c *trio) {
	contract.Run(t, func(t *testing.T) service.Log {
		c.emptyLog(t)
		return newFaulty(c.connect(t, "test"), func(t *testing.T) *Bus { return c.connect(t, "twin") })
	}, behaviours...)
}

// faulty loses answers and lets a twin be faster.
type faulty struct {
	*Bus
	mu     sync.Mutex
	lose   int
	before int
	hook   func()
	amid   func()
	twin   func(*testing.T) *Bus
}

func newFaulty(b *Bus, twin func(*testing.T) *Bus) *faulty {
	f := &faulty{Bus: b, twin: twin}
	publish := b.publish
	b.publish = func(ctx context.Context, m *nats.Msg) (*jetstream.PubAck, error) {
		f.reach()
		ack, err := publish(ctx, m)
		if f.loses() {
			return nil, nats.ErrTimeout
		}
		return ack, err
	}
	b.publishBatch = func(ctx context.Context, ms []*nats.Msg) (batchAck, error) {
		f.reach()
		ack, err := f.batch(ctx, ms)
		if f.loses() {
			return batchAck{}, nats.ErrTimeout
		}
		return ack, err
	}
	return f
}

func (f *faulty) LoseAnswers(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose = n
}

func (f *faulty) Before(n int, hook func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.hook = n, hook
}

func (f *faulty) Amid(hook func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.amid = hook
}

// batch sends one as the bus does, and lets the hook run within it.
func (f *faulty) batch(ctx context.Context, ms []*nats.Msg) (batchAck, error) {
	id, err := f.beginBatch(ctx, ms)
	if err != nil {
		return batchAck{}, err
	}
	f.mu.Lock()
	hook := f.amid
	f.amid = nil
	f.mu.Unlock()
	if hook != nil {
		hook()
	}
	return f.commitBatch(ctx, id, ms)
}

func (f *faulty) Twin(t *testing.T) service.Log { return f.twin(t) }

func (f *faulty) loses() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose--
	return f.lose >= 0
}

func (f *faulty) reach() {
	f.mu.Lock()
	f.before--
	hook := f.hook
	if f.before != 0 {
		hook = nil
	}
	f.mu.Unlock()
	if hook != nil {
		hook()
	}
}
