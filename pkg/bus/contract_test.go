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

func TestContract(t *testing.T) {
	contract.Run(t, func(t *testing.T) service.Log {
		b := openTest(t)
		return newFaulty(b, func(t *testing.T) *Bus { return connectTest(t, b.id.Server, "twin") })
	})
}

func contractOnThree(t *testing.T, c *trio) {
	was := contract.Rounds
	contract.Rounds = was / 10
	t.Cleanup(func() { contract.Rounds = was })
	contract.Run(t, func(t *testing.T) service.Log {
		c.emptyLog(t)
		return newFaulty(c.connect(t, "test"), func(t *testing.T) *Bus { return c.connect(t, "twin") })
	})
}

// faulty loses answers and lets a twin be faster.
type faulty struct {
	*Bus
	mu     sync.Mutex
	lose   int
	before int
	hook   func()
	twin   func(*testing.T) *Bus
}

func newFaulty(b *Bus, twin func(*testing.T) *Bus) *faulty {
	f := &faulty{Bus: b, twin: twin}
	publish, publishBatch := b.publish, b.publishBatch
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
		ack, err := publishBatch(ctx, ms)
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
