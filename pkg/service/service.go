package service

import (
	"context"

	"slipway.dev/events"
)

// Service declares a participant: its words, its deciders, its hands.
type Service struct {
	// Name is the participant's: deployer, registry, node, gateway.
	Name string
	// Place is a node's or gateway's own name; empty for the others.
	Place string
	// Version of the fold: raised whenever Evolve or a state's shape changes, so that
	// an older snapshot is ignored.
	Version int
	// Hears are the kinds it folds, Says the kinds it may say: permissions, documents
	// and the reader's filter come from here. What it says it hears as well.
	Hears, Says []events.Kind
	// Filters narrow what is read; nil reads everything and drops the rest unread.
	Filters []string
	// Wishes and Leases are the subjects of hearsay it listens to.
	Wishes, Leases []string
	// Telemetry are the subjects of samples and load windows it listens to, from its
	// start on: what was measured before tells it nothing.
	Telemetry []string
	// New makes its deciders, empty.
	New func() []Machine
	// Driver is its hands; nil for none.
	Driver Driver
}

// Participant is the name under which it stands in dead letters, leases and
// guarantees: deployer, node-n1.
func (s Service) Participant() string {
	if s.Place != "" {
		return s.Name + "-" + s.Place
	}
	return s.Name
}

// Driver touches the world; it chooses nothing and says nothing.
type Driver interface {
	// Do does one act until it is done or ctx ends; what comes of it is sensed.
	Do(ctx context.Context, a Act)
	// Watch tells what the world is, first as a full listing, then as changes. It
	// blocks until ctx ends. ready is called once, after the full listing.
	Watch(ctx context.Context, sense func(Signal), ready func()) error
}
