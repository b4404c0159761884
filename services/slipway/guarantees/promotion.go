package guarantees

import (
	"time"

	"slipway.dev/events"
)

// justHeard is how late a decision may hear: it rests on what was so then.
const justHeard = 500 * time.Millisecond

// promotions looks at who was ready when a release was called promoted: row 2.
type promotions struct {
	planned map[releaseKey]bool // those whose whole way is heard
	of      map[string]releaseKey
	ready   map[releaseKey]map[string]time.Time // by instance: zero, or since when it is not
}

func newPromotions() *promotions {
	return &promotions{planned: map[releaseKey]bool{}, of: map[string]releaseKey{}, ready: map[releaseKey]map[string]time.Time{}}
}

func (p *promotions) hear(f *Fold, e events.Event) {
	switch d := e.Data.(type) {
	case events.ReleasePlanned:
		p.planned[releaseKey{d.App, d.Release}] = true
	case events.PlacementPlaced:
		p.of[d.Instance] = releaseKey{d.App, d.Release}
	case events.InstanceReady:
		p.is(d.Instance, time.Time{})
	case events.InstanceUnready:
		p.is(d.Instance, e.At())
	case events.InstanceExited:
		p.is(d.Instance, e.At())
	case events.InstanceStopped:
		p.is(d.Instance, e.At())
	case events.PlacementEvacuated:
		p.is(d.Instance, e.At())
	case events.ReleasePromoted:
		p.promoted(f, d, e)
	}
}

// is notes that an instance is ready, or since when it is not.
func (p *promotions) is(instance string, gone time.Time) {
	key, known := p.of[instance]
	if !known {
		return
	}
	if p.ready[key] == nil {
		p.ready[key] = map[string]time.Time{}
	}
	if _, was := p.ready[key][instance]; was || gone.IsZero() {
		p.ready[key][instance] = gone
	}
}

// promoted judges a promotion. What kept running from an earlier promotion, as a warm
// release does, is in the log too: its way was heard, or it is not judged.
func (p *promotions) promoted(f *Fold, d events.ReleasePromoted, e events.Event) {
	key := releaseKey{d.App, d.Release}
	if !p.planned[key] {
		return
	}
	n := 0
	for _, gone := range p.ready[key] {
		if gone.IsZero() || e.At().Sub(gone) < justHeard {
			n++
		}
	}
	short := 0.0
	if min(n, d.Available) < d.Target {
		short = 1
	}
	f.add(promotion, d.App, e.At(), short, e.Pos.Seq, 1)
}

func (*promotions) standing(*Fold, time.Time) {}
