package breaker

import (
	"fmt"
	"hash/fnv"
	"time"
)

// Policy is when a breaker opens, and for how long. Zero fields have the defaults.
type Policy struct {
	Failures int           // in a row; 0 is 5
	Open     time.Duration // the first time; 0 is 5 s
}

// The times and counts of the defaults.
const (
	Failures  = 5
	OpenFirst = 5 * time.Second
	OpenMax   = time.Minute
	CalmAfter = time.Minute // closed for so long, the next opening counts as the first
)

// State is where a breaker stands.
type State string

// The states. Held is closed in its effect: it would be open if enough others were in.
const (
	Closed   State = "closed"
	Open     State = "open"
	HalfOpen State = "half-open"
	Held     State = "held"
)

// Breaker is what has been decided of one endpoint. The zero Breaker is closed.
type Breaker struct {
	At      State         `json:"at,omitempty"`      // empty is closed
	Since   time.Time     `json:"since,omitzero"`    // of this state
	Opened  int           `json:"opened,omitempty"`  // openings in a row without a calm time between
	Number  int           `json:"number,omitempty"`  // grows where counting begins anew: names the meter's count
	OpenFor time.Duration `json:"openFor,omitempty"` // of the opening it is in
}

// State is where it stands.
func (b Breaker) State() State {
	if b.At == "" {
		return Closed
	}
	return b.At
}

// Out tells whether the endpoint gets no request but trials.
func (b Breaker) Out() bool { return b.At == Open || b.At == HalfOpen }

// Step is a transition.
type Step struct {
	To      State
	OpenFor time.Duration // with To Open
	Why     string        // in an operator's words, with numbers
}

// Apply is the breaker after a step said at that time.
func (b Breaker) Apply(s Step, at time.Time) Breaker {
	if s.To == Open {
		if b.State() != HalfOpen && (b.Since.IsZero() || at.Sub(b.Since) >= CalmAfter) {
			b.Opened = 0
		}
		b.Opened++
		b.Number++
		b.OpenFor = s.OpenFor
	}
	b.At, b.Since = s.To, at
	return b
}

// Anew is a closed breaker whose endpoint begins anew: what was counted is void.
func (b Breaker) Anew() Breaker { return Breaker{Number: b.Number + 1} }

// Next is the transition that is missing; ok is false if none is. room tells that one
// more of the pool may go out.
func (b Breaker) Next(p Policy, name string, m Sample, room bool, now time.Time) (s Step, ok bool) {
	switch b.State() {
	case Open:
		if !now.Before(b.Since.Add(b.OpenFor)) {
			return Step{To: HalfOpen, Why: fmt.Sprintf("open for %s", b.OpenFor.Round(time.Millisecond))}, true
		}
	case HalfOpen:
		return b.tried(p, name, m, now)
	default:
		return b.used(p, name, m, room, now)
	}
	return s, false
}

// tried judges a half-open breaker by its trial.
func (b Breaker) tried(p Policy, name string, m Sample, now time.Time) (s Step, ok bool) {
	switch {
	case m.Number != b.Number:
		return s, false // of an earlier count
	case m.Trial.Failed > 0:
		return b.open(p, name, "a trial failed", now), true
	case m.Trial.Passed >= trials:
		return Step{To: Closed, Why: fmt.Sprintf("%d trials answered", m.Trial.Passed)}, true
	}
	return s, false
}

// used judges a breaker whose endpoint is in use.
func (b Breaker) used(p Policy, name string, m Sample, room bool, now time.Time) (s Step, ok bool) {
	if m.Number != b.Number {
		return s, false // of an earlier count
	}
	why := p.Trips(m)
	switch {
	case why == "" && b.At == Held:
		return Step{To: Closed, Why: "answers again"}, true
	case why == "":
		return s, false
	case room:
		return b.open(p, name, why, now), true
	case b.At != Held:
		return Step{To: Held, Why: why}, true
	}
	return s, false
}

func (b Breaker) open(p Policy, name, why string, now time.Time) Step {
	after := b.Apply(Step{To: Open}, now)
	return Step{To: Open, OpenFor: p.openFor(name, after.Opened, after.Number), Why: why}
}

// Trips is why the sample opens a breaker, "" if it does not.
func (p Policy) Trips(m Sample) string {
	limit := p.Failures
	if limit <= 0 {
		limit = Failures
	}
	switch {
	case m.Run >= limit:
		return fmt.Sprintf("%d in a row: %s", m.Run, m.Causes)
	case m.Requests >= rateMin && 2*m.Failures >= m.Requests:
		return fmt.Sprintf("%d of %d failed in %d s", m.Failures, m.Requests, buckets)
	}
	return ""
}

// openFor doubles with each opening in a row up to a minute, and adds up to a tenth by
// name and number, so that breakers that opened together do not try together.
func (p Policy) openFor(name string, opened, number int) time.Duration {
	d := p.Open
	if d <= 0 {
		d = OpenFirst
	}
	for range opened - 1 {
		d = min(2*d, max(OpenMax, p.Open))
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", name, number)
	const tenth = 10 * 1024
	return d + d*time.Duration(h.Sum64()%1024)/tenth
}

// Due is when time alone moves the breaker next; zero is never.
func (b Breaker) Due() time.Time {
	if b.At == Open {
		return b.Since.Add(b.OpenFor)
	}
	return time.Time{}
}

// Room tells whether one more of a pool of that size may go out, with that many out
// already: at most half, and never the last.
func Room(size, out int) bool { return out+1 <= size/2 }
