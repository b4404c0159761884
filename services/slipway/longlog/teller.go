package longlog

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// teller says one fact after the other.
type teller struct {
	put      func(subject string, body []byte) error
	ordinals map[string]uint64
	now      time.Time
	told     int
	err      error
}

// step is the time between two facts.
const step = 7 * time.Millisecond

// beginning is when the first fact was said.
var beginning = time.Date(2025, 1, 1, 8, 0, 0, 0, time.UTC)

func newTeller(put func(subject string, body []byte) error) *teller {
	return &teller{put: put, ordinals: map[string]uint64{}, now: beginning}
}

// say says a fact because of another one; the zero event is no cause. The first error
// ends all further telling.
func (t *teller) say(because events.Event, reason string, data events.Payload) events.Event {
	kind, about := events.KindOf(data), data.About()
	guard := events.Guard(kind.Owner, about.App, about.Place)
	t.ordinals[guard]++
	t.now = t.now.Add(step)
	n := t.ordinals[guard]
	e := events.Event{
		ID: events.ID(guard, n), Source: events.Source(kind.Owner, about.Place), Kind: kind,
		App: about.App, Place: about.Place, Subject: about.Subject, Time: t.now, Cause: because.ID,
		Correlation: because.Correlation, Actor: events.Actor(kind.Owner, about.Place), Reason: reason, Ordinal: n, Data: data,
	}
	if e.Cause == "" {
		e.Correlation = e.ID
	}
	if t.err == nil {
		t.err = t.write(e)
	}
	return e
}

func (t *teller) write(e events.Event) error {
	body, err := events.Encode(e)
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.Kind.Name(), err)
	}
	t.told++
	return t.put(e.StreamSubject(), body)
}
