package service

import (
	"sync"

	"slipway.dev/events"
)

// Once reads a message that several participants of one process are handed: its
// envelope is scanned and its data decoded at most once, by whoever is first. What it
// tells is everybody's: nobody who folds an event changes what stands in it.
type Once struct {
	envelope, data      sync.Once
	scanned, decoded    events.Event
	unscanned, unusable error
}

// parse scans a message's envelope.
func (m *Message) parse() (events.Event, error) {
	o := m.Once
	if o == nil {
		return events.Parse(m.Subject, m.Header, m.Body)
	}
	o.envelope.Do(func() { o.scanned, o.unscanned = events.Parse(m.Subject, m.Header, m.Body) })
	return o.scanned, o.unscanned
}

// decode reads the data of an event that parse has read.
func (m *Message) decode(e *events.Event) error {
	o := m.Once
	if o == nil {
		return e.Decode()
	}
	o.data.Do(func() {
		o.decoded = o.scanned
		o.unusable = o.decoded.Decode()
	})
	if o.unusable == nil {
		*e = o.decoded
	}
	return o.unusable
}
