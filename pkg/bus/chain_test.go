package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// chain goes over the whole log and counts for itself: under each guard the ordinals
// are 1, 2, 3 … and each id is made of guard and ordinal.
type chain struct {
	mu    sync.Mutex
	at    events.Position
	last  map[string]uint64            // ordinal by guard
	said  map[string]map[uint64]string // reference by guard and ordinal: which try of the writer it is
	found []string                     // what is not as it must be
}

func newChain() *chain {
	return &chain{last: map[string]uint64{}, said: map[string]map[uint64]string{}}
}

// follow reads the log with it until the test or ctx ends.
func (c *chain) follow(ctx context.Context, b *Bus) <-chan error {
	done := make(chan error, 1)
	go func() {
		done <- b.Read(ctx, events.Position{}, []string{wholeLog}, service.Reader{Deliver: c.hear})
	}()
	return done
}

func (c *chain) hear(m service.Message) error {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Pos.Seq != c.at.Seq+1 {
		c.find("%s came after %s", m.Pos, c.at)
	}
	c.at = m.Pos
	if err != nil {
		c.find("%s cannot be read: %v", m.Pos, err)
		return nil
	}
	guard := e.Guard()
	last := c.last[guard]
	switch {
	case e.ID != events.ID(guard, e.Ordinal):
		c.find("%s under %s is forged: id %s at ordinal %d", m.Pos, guard, e.ID, e.Ordinal)
		return nil
	case e.Ordinal <= last:
		c.find("%s under %s is replayed: ordinal %d after %d", m.Pos, guard, e.Ordinal, last)
		return nil
	case e.Ordinal > last+1:
		c.find("%s under %s is a gap: ordinal %d after %d", m.Pos, guard, e.Ordinal, last)
	}
	if c.said[guard] == nil {
		c.said[guard] = map[uint64]string{}
	}
	c.last[guard], c.said[guard][e.Ordinal] = e.Ordinal, e.Subject
	return nil
}

func (c *chain) find(words string, v ...any) { c.found = append(c.found, fmt.Sprintf(words, v...)) }

func (c *chain) position() events.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *chain) findings() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found
}

// readWhole reads the log once, from its first event to its end.
func readWhole(t *testing.T, b *Bus) *chain {
	t.Helper()
	c := newChain()
	ctx, cancel := context.WithCancel(limit(t))
	err := b.Read(ctx, events.Position{}, []string{wholeLog}, service.Reader{Deliver: c.hear, CaughtUp: cancel})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return c
}
