package service

import (
	"sync"
	"sync/atomic"

	"slipway.dev/events"
)

// Once reads a message that several participants of one process are handed: it is
// scanned and decoded by whoever is first. What it tells is everybody's: nobody who
// folds an event changes what stands in it.
type Once struct {
	reading sync.Mutex
	done    atomic.Bool
	found   found
}

// of is what the message holds.
func (o *Once) of(m *Message) *found {
	if o.done.Load() {
		return &o.found
	}
	o.reading.Lock()
	defer o.reading.Unlock()
	if !o.done.Load() {
		if o.found.locate(m); o.found.unreadable == nil {
			o.found.scan(m, true) // somebody here folds it: what nobody hears is rare
		}
		o.done.Store(true)
	}
	return &o.found
}

// found is a fact as it was found in the log.
type found struct {
	event      events.Event // where the envelope cannot be read, what the subject tells
	guard      string       // of the event
	unreadable error        // the subject or the envelope
	unusable   error        // the data, of an event that can be read otherwise
}

// locate reads the subject.
func (f *found) locate(m *Message) {
	e := &f.event
	e.Kind, e.App, e.Place, f.unreadable = events.ParseSubject(m.Subject)
	e.Pos, e.Stored = m.Pos, m.Stored
}

// scan reads the envelope and, if asked, the data.
func (f *found) scan(m *Message, data bool) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err != nil {
		f.unreadable = err
		return
	}
	if data {
		f.unusable = e.Decode()
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	f.event, f.guard = e, e.Guard()
}

// why tells what keeps an event from being folded, if its data are wanted.
func (f *found) why(data bool) error {
	if f.unreadable == nil && data {
		return f.unusable
	}
	return f.unreadable
}
