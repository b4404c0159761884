package service

import (
	"encoding/json"
	"fmt"

	"slipway.dev/events"
)

// Snapshot is a service's fold at a position, without hearsay. It is a cache: the
// log is the truth.
type Snapshot struct {
	Position events.Position   `json:"position"`
	Stream   string            `json:"stream"`  // identity of the stream it was made from
	Version  int               `json:"version"` // of the fold
	Guards   map[string]*guard `json:"guards"`
	States   []json.RawMessage `json:"states"` // one per machine
	Parked   []Park            `json:"parked,omitempty"`
}

// Export is the fold as it stands. Equal folds give equal bytes.
func (c *Core) Export(stream string) ([]byte, error) {
	s := Snapshot{Position: c.pos, Stream: stream, Version: c.svc.Version, Guards: c.heardGuards(), Parked: c.parked}
	for _, m := range c.machines {
		b, err := m.Export()
		if err != nil {
			return nil, fmt.Errorf("snapshot of %s: %w", c.svc.Name, err)
		}
		s.States = append(s.States, b)
	}
	return json.Marshal(s)
}

// Import begins from a snapshot instead of the first event. One of another fold
// version or stream is refused and nothing changes.
func (c *Core) Import(b []byte, stream string) error {
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("read snapshot of %s: %w", c.svc.Name, err)
	}
	if s.Version != c.svc.Version || s.Stream != stream || len(s.States) != len(c.machines) {
		return fmt.Errorf("snapshot of %s: fold version %d of stream %q, want %d of %q", c.svc.Name, s.Version, s.Stream, c.svc.Version, stream)
	}
	for i, m := range c.machines {
		if err := m.Import(s.States[i]); err != nil {
			return err
		}
	}
	c.pos, c.parked = s.Position, s.Parked
	if s.Guards != nil && c.rules(ruleGuards) {
		c.guards = s.Guards
	}
	for _, p := range c.parked {
		c.guardNamed(p.Guard).parked = true
		c.hold(p)
	}
	return nil
}

// heardGuards leaves out guards that were only asked about: they are no part of the fold.
func (c *Core) heardGuards() map[string]*guard {
	heard := make(map[string]*guard, len(c.guards))
	for name, g := range c.guards {
		if g.Ordinal > 0 || g.TailOrdinal > 0 {
			heard[name] = g
		}
	}
	return heard
}
