package view

import "time"

// late is how long after a moment the samples of it may come, of the slowest gateway.
const late = 15 * time.Second

// Tally counts an app's requests since a moment. However long that is ago, the meter
// need only keep what is younger than late before its newest sample.
type Tally struct {
	app              string
	upTo             time.Time // counted for good
	requests, failed int64
}

// NewTally counts from a moment on.
func NewTally(app string, since time.Time) *Tally { return &Tally{app: app, upTo: since} }

// Count is what was counted up to the newest sample; ok is false before there is one.
func (t *Tally) Count(m *Meter) (requests, failed int64, ok bool) {
	if !m.newest.After(t.upTo) {
		return t.requests, t.failed, t.requests > 0
	}
	if settled := m.newest.Add(-late); settled.After(t.upTo) {
		f := m.flow(t.app, t.upTo, settled)
		t.requests, t.failed, t.upTo = t.requests+f.requests, t.failed+f.failed, settled
	}
	f := m.flow(t.app, t.upTo, m.newest)
	return t.requests + f.requests, t.failed + f.failed, true
}
