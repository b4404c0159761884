package bus

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	convoyGather   = 500 * time.Millisecond // to wait for those who are to come: opening a snapshot takes less
	convoyPatience = 500 * time.Millisecond // to wait for one who takes nothing: then it is stuck
	convoyNear     = 50_000                 // messages: who has read so many more is better off alone
	holdMessages   = 256                    // messages handed on at once
	holdBytes      = 1 << 20                // and their bytes
	holdsWaiting   = 8                      // of one member: what they hold is held once for all
)

// Convoy reads the log once for the participants of one process that start together,
// until they have caught up: one consumer, each message copied out of the server,
// scanned and decoded once. Then each reads on by itself, and so does who comes too
// late, has read far more than the others, or does not keep up: nobody waits long for
// another. A convoy sails once; the zero Convoy is for nobody.
type Convoy struct {
	want             int
	gather, patience time.Duration

	mu      sync.Mutex
	members []*member
	sailing bool
	full    chan struct{} // closed when all who are to come have come
}

// NewConvoy is for so many participants.
func NewConvoy(participants int) *Convoy {
	return &Convoy{want: participants, gather: convoyGather, patience: convoyPatience, full: make(chan struct{})}
}

// Read is b.Read, in the convoy as far as it goes.
func (c *Convoy) Read(ctx context.Context, b *Bus, after events.Position, filters []string, r service.Reader) error {
	from := source{stream: events.StreamEvents, filters: filters, kept: true}
	m := &member{reading: reading{b: b, from: from, to: r, at: after}, holds: make(chan []service.Message, holdsWaiting), gone: make(chan struct{})}
	first, joined := c.join(m)
	if !joined {
		return b.read(ctx, from, after, r)
	}
	if first {
		defer c.lead(ctx, b)()
	}
	if err := m.follow(ctx); err != nil {
		return err
	}
	return m.run(ctx)
}

// join takes a member in, unless the convoy has sailed or has it already: a
// participant that reads a second time looks something up.
func (c *Convoy) join(m *member) (first, joined bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sailing || len(c.members) >= c.want || slices.ContainsFunc(c.members, func(o *member) bool { return o.b == m.b }) {
		return false, false
	}
	c.members = append(c.members, m)
	if len(c.members) == c.want {
		close(c.full)
	}
	return len(c.members) == 1, true
}

// lead begins to read for all, on the first member's connection; the function it
// returns ends that.
func (c *Convoy) lead(ctx context.Context, b *Bus) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-c.full:
		case <-time.After(c.gather):
		case <-ctx.Done():
		}
		c.sail(ctx, b)
	}()
	return func() {
		cancel()
		<-done
	}
}

// sail reads until everything stored at the start has been handed on.
func (c *Convoy) sail(ctx context.Context, b *Bus) {
	c.mu.Lock()
	c.sailing = true
	c.mu.Unlock()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	at := c.begin()
	cargo := hold{}
	handOn := func() error {
		defer func() { cargo = hold{} }()
		return c.handOn(cargo.messages)
	}
	over := false
	_ = b.read(ctx, source{stream: events.StreamEvents, filters: []string{wholeLog}, kept: true}, at, service.Reader{ // its error is found by each who reads on
		Deliver: func(m service.Message) error {
			if over {
				return errConvoyOver
			}
			at = m.Pos
			m.Once = &service.Once{}
			if cargo.add(m) {
				return handOn()
			}
			return nil
		},
		CaughtUp: func() {
			over = handOn() == nil
			stop()
		},
	})
	for _, m := range c.members {
		m.all, m.end = over, at
		close(m.holds)
	}
}

// handOn hands messages to everybody who takes them.
func (c *Convoy) handOn(messages []service.Message) error {
	c.members = slices.DeleteFunc(c.members, func(m *member) bool { return !m.take(messages, c.patience) })
	if len(c.members) == 0 {
		return errConvoyOver
	}
	return nil
}

var errConvoyOver = errors.New("the convoy is over")

// begin is where to begin: where the member stands that has read least. Who has read
// far more goes by itself.
func (c *Convoy) begin() (at events.Position) {
	at = slices.MinFunc(c.members, func(a, b *member) int {
		switch {
		case a.at == b.at:
			return 0
		case a.at.After(b.at):
			return 1
		}
		return -1
	}).at
	c.members = slices.DeleteFunc(c.members, func(m *member) bool {
		far := m.at.Seq > at.Seq+convoyNear
		if far {
			close(m.holds)
		}
		return far
	})
	return at
}

// hold is what is handed on at once.
type hold struct {
	messages []service.Message
	bytes    int
}

// add tells whether it is full.
func (h *hold) add(m service.Message) bool {
	if h.messages == nil {
		h.messages = make([]service.Message, 0, holdMessages)
	}
	h.messages, h.bytes = append(h.messages, m), h.bytes+len(m.Body)
	return len(h.messages) == holdMessages || h.bytes >= holdBytes
}
