package provisioner

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// What the hands are to do.
type (
	// Make lets a durable stand, new or with other filters.
	Make struct {
		Name    string
		Filters []string
		Wish    string    // position of the wish, kept as its mark
		Since   time.Time // of what was stored since; zero: from the first event on
	}
	// Drop lets none stand.
	Drop struct{ Name string }
	// Look tells whether one stands.
	Look struct{ Name string }
)

// acts tells what of the oldest wish is still to be done, and which consumers to look
// for: those a full listing did not have.
func (s *State) acts() (all []service.Act) {
	if e, ok := s.open(); ok {
		if a, ok := s.act(e); ok {
			all = append(all, a)
		}
	}
	w := s.world.Get()
	for _, name := range service.Sorted(s.Consumers) {
		if _, stands := w.standing[name]; w.listed && !stands {
			all = append(all, service.Act{ID: s.Consumers[name].look(), Data: Look{name}})
		}
	}
	return all
}

// open is the wish that is not refused out of hand.
func (s *State) open() (events.Event, bool) {
	e, _, ok := s.Inbox.Oldest(time.Time{})
	return e, ok
}

// act is what the hands owe a wish.
func (s *State) act(e events.Event) (service.Act, bool) {
	switch w := e.Data.(type) {
	case events.WishIntegrationDeclared:
		m := Make{Name: w.Consumer, Filters: sortedFilters(w.Filters), Wish: e.Pos.String()}
		if !w.FromStart {
			m.Since = e.Stored
		}
		return service.Act{ID: makeID(e), Data: m}, true
	case events.WishIntegrationWithdrawn:
		return service.Act{ID: dropID(e), Data: Drop{w.Consumer}}, true
	}
	return service.Act{}, false
}

func makeID(e events.Event) string { return "make/" + e.Pos.String() }
func dropID(e events.Event) string { return "drop/" + e.Pos.String() }

// look names a look made after the consumer was said to be created.
func (c *Consumer) look() string {
	return fmt.Sprintf("look/%s/%s", c.Granted.Consumer, c.At)
}
