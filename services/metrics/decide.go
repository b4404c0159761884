package metrics

import (
	"fmt"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/metrics/window"
)

// Bounds of what waits for the bus.
const (
	MaxWaiting = 100_000           // windows: ten seconds of ten thousand busy apps
	MaxGiven   = 1000              // windows of one act, so that the next ones come in between
	Stale      = 100 * time.Second // older, the stream may have forgotten an id it had, and store twice
)

// Publish is what the hands are to do: have the stream keep some windows, in order.
type Publish struct {
	Windows []events.Load
	Lost    Lost
}

// Lost is what no window tells of, since the start.
type Lost struct {
	Late    uint64 // requests told of after their window was closed
	Refused uint64 // batches whose times are far ahead of our clock
	Dropped int    // windows that waited too long for the bus
}

// decide closes the windows whose time has come; nothing is ever said of them.
func (s *State) decide(now time.Time) (say service.Says) {
	m := s.heard()
	closed := m.fold.Close(now, window.Standing{Live: s.live(), Apps: s.Apps})
	m.waiting = append(m.waiting, closed...)
	m.drop(now)
	if m.act == "" && len(m.waiting) > 0 {
		n := min(len(m.waiting), MaxGiven)
		m.acts++
		m.act, m.given = fmt.Sprintf("load/%d", m.acts), slices.Clone(m.waiting[:n])
		m.waiting = slices.Delete(m.waiting, 0, n)
	}
	return say
}

// drop forgets what has waited too long.
func (m *measured) drop(now time.Time) {
	n := max(0, len(m.waiting)-MaxWaiting)
	for n < len(m.waiting) && now.Sub(m.waiting[n].To) > Stale {
		n++
	}
	m.waiting = slices.Delete(m.waiting, 0, n)
	m.dropped += n
}

// acts are the windows to be published, some at a time and one act after another: they
// are stored in order.
func (s *State) acts() []service.Act {
	m := s.heard()
	if m.act == "" {
		return nil
	}
	return []service.Act{{ID: m.act, Data: Publish{m.given, Lost{m.fold.Late(), m.fold.Refused(), m.dropped}}}}
}

// due is when patience closes the next second.
func (s *State) due(after time.Time) time.Time {
	return service.First(after, s.heard().fold.Due())
}

// ID is a window's on the stream, which keeps one of those that have the same.
func ID(l events.Load) string {
	return fmt.Sprintf("load/%s/%d/%d", l.App, l.Release, l.From.Unix())
}
