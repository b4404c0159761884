package breaker

import "time"

const (
	buckets = 10 // of one second each: the window
	trials  = 3  // good requests that close a half-open breaker
	rateMin = 20 // requests in the window below which a rate says nothing
)

// Meter counts how the requests to one endpoint end. The caller locks.
type Meter struct {
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
type Trial struct {
	Number         int // which opening it follows; 0: none
	Flying         int // requests under way
	Passed, Failed int
}

// Sample is what a meter has seen.
type Sample struct {
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
	s := Sample{Run: m.run, Causes: m.causes, Trial: m.trial}
	for _, b := range m.window {
		if age := now.Unix() - b.second; age >= 0 && age < buckets {
			s.Requests += b.requests
			s.Failures += b.failures
		}
	}
	return s
}

// Try begins the trial that follows the opening of that number; once begun, it is not
// begun again.
func (m *Meter) Try(number int) {
	if m.trial.Number != number {
		m.trial = Trial{Number: number}
	}
}

// Take takes one of the trial's three requests; false: others are to be asked.
func (m *Meter) Take() bool {
	if t := &m.trial; t.Number > 0 && t.Failed == 0 && t.Flying+t.Passed < trials {
		t.Flying++
		return true
	}
	return false
}

// Verdict ends a request of that trial with its cause.
func (m *Meter) Verdict(number int, c Cause) {
	t := &m.trial
	if t.Number != number {
		return // of a trial that is over
	}
	t.Flying--
	if c.failure() {
		t.Failed++
		return
	}
	t.Passed++
}

// GiveBack ends a request of that trial that said nothing about the endpoint.
func (m *Meter) GiveBack(number int) {
	if m.trial.Number == number {
		m.trial.Flying--
	}
}

// Clear forgets what was counted: a breaker has closed.
func (m *Meter) Clear() { *m = Meter{} }
