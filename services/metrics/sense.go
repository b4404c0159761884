package metrics

import (
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/metrics/window"
)

// What the hands sense.
type (
	// Told is a batch of samples that the stream has kept.
	Told struct {
		Source  string // /slipway/gateway/gw1-a
		Samples events.Samples
	}
	// Stored is a window that the stream has kept.
	Stored struct{ Window events.Load }
	// Published says that the stream has every window of an act, or will never take it.
	Published struct{ Act string }
)

// measured is what was heard and is not stored yet.
type measured struct {
	fold    *window.Fold
	waiting []events.Load // closed and not given to the hands
	given   []events.Load // to the hands, by the act
	act     string        // of what was given; empty: nothing was
	acts    int           // so far
	dropped int           // windows that waited too long
}

// heard is what was measured, ready to be used.
func (s *State) heard() *measured {
	m := s.measured.Get()
	if m.fold == nil {
		m.fold = window.New()
	}
	return m
}

// touches: whatever is sensed concerns the one key.
func touches(sig service.Signal) []string {
	switch sig.Data.(type) {
	case service.Measured, Told, Stored, Published:
		return []string{key}
	}
	return nil
}

func (s *State) sense(sig service.Signal, now time.Time) {
	m := s.heard()
	switch d := sig.Data.(type) {
	case service.Measured:
		m.hear(d, now)
	case Told:
		m.samples(d.Source, d.Samples, now)
	case Stored:
		m.fold.Stored(d.Window)
	case Published:
		if d.Act == m.act {
			m.given, m.act = nil, ""
		}
	}
}

func (m *measured) hear(d service.Measured, now time.Time) {
	switch data := d.Data.(type) {
	case events.Samples:
		m.samples(d.Source, data, now)
	case events.Load:
		m.fold.Stored(data)
	}
}

// samples folds a batch by who says so.
func (m *measured) samples(source string, s events.Samples, now time.Time) {
	kind, name, ok := strings.Cut(strings.TrimPrefix(source, "/slipway/"), "/")
	if ok && (kind == window.KindGateway || kind == window.KindNode) {
		m.fold.Samples(kind, name, s, now)
	}
}
