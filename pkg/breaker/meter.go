package breaker

import "time"

const (
	buckets = 10 // of one second each: the window
	trials  = 3  // good requests that close a half-open breaker
	rateMin = 20 // requests in the window below which a rate says nothing
)

// Meter counts how the requests to one endpoint end. The caller locks.
type Meter struct {
	number int    // the breaker's, whose count this is
	run    int    // failures since the last good one
	causes Causes // of the run
	window [buckets]bucket
	trial  Trial
}

type bucket struct {
	second             int64 // unix
	requests, failures int
}

// Trial is a half-open breaker's try: at most three requests by count.
type Trial struct{ Flying, Passed, Failed int }

// Sample is what a meter has seen.
type Sample struct {
	Number             int    // the breaker's, whose count this is
	Run                int    // failures since the last good one
	Causes             Causes // of the run
	Requests, Failures int    // in the last ten seconds
	Trial              Trial
}

// Observe counts the end of a request that was no trial.
func (m *Meter) Observe(c Cause, now time.Time) {
	b := &m.window[now.Unix()%buckets]
	if b.second != now.Unix() {
		*b = bucket{second: now.Unix()}
	}
	b.requests++
	switch {
	case c.failure():
		b.failures++
		m.run++
		m.causes[c]++
	case c == Shed:
		b.failures++
	default:
		m.run, m.causes = 0, Causes{}
	}
}

// Sample tells what the meter has seen up to now.
func (m *Meter) Sample(now time.Time) Sample {
	s := Sample{Number: m.number, Run: m.run, Causes: m.causes, Trial: m.trial}
	for _, b := range m.window {
		if age := now.Unix() - b.second; age >= 0 && age < buckets {
			s.Requests += b.requests
			s.Failures += b.failures
		}
	}
	return s
}

// Begin begins a new count for a breaker of another number. Until a breaker has moved
// its number is 0.
func (m *Meter) Begin(number int) {
	if m.number != number {
		*m = Meter{number: number}
	}
}

// MayTry tells whether one of the three trials is left; a failed one ends them.
func (m *Meter) MayTry() bool { return m.trial.Failed == 0 && m.trial.Flying+m.trial.Passed < trials }

// Take takes one of the trials; false: others are to be asked. number names it when it
// ends.
func (m *Meter) Take() (number int, ok bool) {
	if !m.MayTry() {
		return 0, false
	}
	m.trial.Flying++
	return m.number, true
}

// Verdict ends a trial with its cause.
func (m *Meter) Verdict(number int, c Cause, now time.Time) {
	if m.number != number {
		return // of a count that is over
	}
	m.trial.Flying--
	if c.failure() {
		m.trial.Failed++
	} else {
		m.trial.Passed++
	}
	m.Observe(c, now)
}

// GiveBack ends a trial that said nothing about the endpoint.
func (m *Meter) GiveBack(number int) {
	if m.number == number {
		m.trial.Flying--
	}
}
