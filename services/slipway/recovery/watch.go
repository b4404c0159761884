package recovery

import (
	"time"

	"slipway.dev/events"
)

// Step is one thing that must come to pass.
type Step struct {
	What  string        // in a person's words: found, serves elsewhere
	Bound time.Duration // 0: none is promised, it is part of the drill
	After int           // the step it is counted from; Injection: the drill's beginning
	Loose bool          // it need not come

	done func(e events.Event) bool // hears every fact, in order
	at   time.Time
}

// Injection is the After of what is counted from the drill's beginning.
const Injection = -1

// Watch hears facts until every step has come to pass.
type Watch struct {
	Injected time.Time
	Steps    []*Step
	Failed   string // why it will never be over; empty: it may be
	Release  int    // the bad one, where that is what it is about
	ShareBp  int    // most of the requests it was to get, basis points

	fails func(e events.Event) bool // tells an end that is none of the steps; nil: none is
}

// Hear hears a fact.
func (w *Watch) Hear(e events.Event) {
	if w.fails != nil && w.fails(e) && !w.Over() {
		w.Failed = e.Kind.Name() + ": " + e.Reason
	}
	for _, s := range w.Steps {
		if s.done(e) && s.at.IsZero() && w.begins(s) {
			s.at = e.At()
		}
	}
}

// Pass notes that a step has come to pass that no fact tells of.
func (s *Step) Pass(at time.Time) { s.at = at }

func (w *Watch) begins(s *Step) bool { return s.After == Injection || !w.Steps[s.After].at.IsZero() }

// Over tells whether all has come to pass that must, or never will.
func (w *Watch) Over() bool {
	if w.Failed != "" {
		return true
	}
	for _, s := range w.Steps {
		if s.at.IsZero() && !s.Loose {
			return false
		}
	}
	return true
}

// Took is how long a step took, and whether it has come.
func (w *Watch) Took(s *Step) (time.Duration, bool) {
	if s.at.IsZero() {
		return 0, false
	}
	from := w.Injected
	if s.After != Injection {
		from = w.Steps[s.After].at
	}
	return max(0, s.at.Sub(from)), true
}

// Holds tells whether a step kept its bound.
func (w *Watch) Holds(s *Step) bool {
	took, came := w.Took(s)
	return !came && s.Loose || came && (s.Bound == 0 || took <= s.Bound)
}

// AllHold tells whether every step kept its bound.
func (w *Watch) AllHold() bool {
	if w.Failed != "" {
		return false
	}
	for _, s := range w.Steps {
		if !w.Holds(s) {
			return false
		}
	}
	return true
}

// Longest is how long all of it may take by what is promised, with what the drill itself
// takes; a step without a bound takes as long as given.
func (w *Watch) Longest(unbounded time.Duration) (sum time.Duration) {
	for _, s := range w.Steps {
		sum += max(s.Bound, 0)
		if s.Bound == 0 {
			sum += unbounded
		}
	}
	return sum
}
