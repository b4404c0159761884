package guarantees

import (
	"time"

	"slipway.dev/events"
)

// window is the time in which a release replaced another.
type window struct {
	app      string
	from, to time.Time
	seq      uint64 // of its end
}

// switches are releases that replace another: row 3. What a recreate cuts off is what its
// app file asks for.
type switches struct {
	open map[releaseKey]time.Time
}

func newSwitches() *switches { return &switches{map[releaseKey]time.Time{}} }

func (s *switches) hear(f *Fold, e events.Event) {
	switch d := e.Data.(type) {
	case events.ReleasePlanned:
		if d.From > 0 && d.Strategy != events.Recreate {
			s.open[releaseKey{d.App, d.Release}] = e.At()
		}
	case events.ReleaseCompleted:
		key := releaseKey{d.App, d.Release}
		from, ok := s.open[key]
		if !ok {
			return
		}
		delete(s.open, key)
		f.add(switchCut, d.App, e.At(), float64(d.Cut), e.Pos.Seq, int(max(1, d.Requests)))
		f.counters.windows = append(f.counters.windows, window{d.App, from, e.At(), e.Pos.Seq})
	case events.ReleaseRolledBack:
		delete(s.open, releaseKey{d.App, d.Release})
	case events.ReleaseStranded:
		delete(s.open, releaseKey{d.App, d.Release})
	case events.ReleaseSuperseded:
		delete(s.open, releaseKey{d.App, d.Release})
	}
}

func (*switches) standing(*Fold, time.Time) {}
