package bus

import (
	"context"
	"sync"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// slots bounds the appends in flight: eight in all, never two under one guard.
// Waiting here is the backpressure.
type slots struct {
	free   chan struct{}
	mu     sync.Mutex
	guards map[string]chan struct{} // taken guards; closed when given back
}

func newSlots() *slots {
	return &slots{free: make(chan struct{}, events.MaxInFlight), guards: map[string]chan struct{}{}}
}

// take waits for the guard and a slot; ErrBusy when ctx ends first. The guard comes
// first, so that who waits for its own predecessor holds no slot.
func (s *slots) take(ctx context.Context, guard string) (func(), error) {
	for {
		s.mu.Lock()
		taken := s.guards[guard]
		if taken == nil {
			s.guards[guard] = make(chan struct{})
		}
		s.mu.Unlock()
		if taken == nil {
			break
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return nil, service.ErrBusy
		}
	}
	select {
	case s.free <- struct{}{}:
		return func() { <-s.free; s.giveBack(guard) }, nil
	case <-ctx.Done():
		s.giveBack(guard)
		return nil, service.ErrBusy
	}
}

func (s *slots) giveBack(guard string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.guards[guard])
	delete(s.guards, guard)
}
