package service

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// Cause is what a fact rests on, small enough to be kept in a state.
type Cause struct {
	ID          string `json:"id,omitempty"`
	Correlation string `json:"correlation,omitempty"`
	Actor       string `json:"actor,omitempty"` // of a wish: who answers for the fact
	Wish        string `json:"wish,omitempty"`  // of a wish: its position
}

// CauseOf keeps an event as a cause.
func CauseOf(e events.Event) Cause {
	c := Cause{ID: e.ID, Correlation: e.Correlation}
	if e.Kind.IsWish() {
		c.Actor, c.Wish = e.Actor, e.Pos.String()
	}
	return c
}

// Say is one fact to be said.
type Say struct {
	Cause  Cause
	Reason string // why, in an operator's words, with numbers
	Data   events.Payload
}

// Waiter is what something waits for, shown by status.
type Waiter struct {
	ID     string // what waits: web/7, web-7-a1
	For    string // artifact, placement, readiness, gateway, settlement, gate, approval, drain, time
	Detail string // in an operator's words
}

// Says is what a decision says, in the order in which every prefix is safe, and what
// it waits for. The zero Says says nothing.
type Says struct {
	Facts   []Say
	Waiting []Waiter
}

// Saying is a reason waiting for its fact.
type Saying struct {
	says   *Says
	cause  Cause
	reason string
}

// Because begins a fact: what caused it, and why in an operator's words.
func (s *Says) Because(c Cause, format string, args ...any) Saying {
	reason := format
	if len(args) > 0 {
		reason = fmt.Sprintf(format, args...)
	}
	return Saying{s, c, events.Reason(reason)}
}

// Fact says it.
func (s Saying) Fact(data events.Payload) {
	s.says.Facts = append(s.says.Facts, Say{Cause: s.cause, Reason: s.reason, Data: data})
}

// Waits names what something waits for.
func (s *Says) Waits(id, what, format string, args ...any) {
	s.Waiting = append(s.Waiting, Waiter{ID: id, For: what, Detail: fmt.Sprintf(format, args...)})
}

// Add takes over what another decision says.
func (s *Says) Add(o Says) {
	s.Facts = append(s.Facts, o.Facts...)
	s.Waiting = append(s.Waiting, o.Waiting...)
}

// Empty tells that no fact is said.
func (s Says) Empty() bool { return len(s.Facts) == 0 }

// First is the earliest of some moments after a given one; zero if there is none.
func First(after time.Time, moments ...time.Time) (first time.Time) {
	for _, t := range moments {
		if t.After(after) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
