package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"slipway.dev/pkg/breaker"
)

// trialMax bounds a trial of a half-open breaker: one that hangs fails then.
const trialMax = 10 * time.Second

// Standing is what an endpoint's breaker allows.
type Standing struct {
	Out    bool // nothing is sent to it while others of its release can be asked
	Trial  bool // but three requests that try it
	Number int  // of the breaker: another one begins the count anew
}

// rank orders the standings of one number: out, tried, in. A breaker that has not
// moved has number 0 and is in.
func (s Standing) rank() int {
	switch {
	case !s.Out:
		return 2
	case s.Trial:
		return 1
	}
	return 0
}

// Judged is what an endpoint's meter has seen.
type Judged struct {
	App, Endpoint string
	Sample        breaker.Sample
}

// judge counts for one endpoint's breaker. It outlives tables, as the endpoint does.
type judge struct {
	out      atomic.Bool // others are to be preferred; read by every pick without the lock
	tried    atomic.Bool // its breaker is open or half-open
	mu       sync.Mutex
	standing Standing
	meter    breaker.Meter
	tripped  bool // the last sample told trips
}

func (j *judge) stand(s Standing) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if s.Number < j.standing.Number || s.Number == j.standing.Number && s.rank() < j.standing.rank() {
		return // an order that was overtaken
	}
	j.standing = s
	j.meter.Begin(s.Number)
	j.settle()
}

// settle keeps what picks read; the caller holds the lock.
func (j *judge) settle() {
	j.tried.Store(j.standing.Out)
	j.out.Store(j.standing.Out && !(j.standing.Trial && j.meter.MayTry()))
}

// enter takes a trial where the endpoint is tried; ok is false if the last one is gone.
func (j *judge) enter() (t trial, ok bool) {
	if !j.tried.Load() {
		return trial{}, true
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.standing.Out {
		return trial{}, true
	}
	if !j.standing.Trial {
		return trial{}, false
	}
	defer j.settle()
	number, ok := j.meter.Take()
	return trial{judge: j, number: number}, ok
}

// observe counts the end of a request and reports whether the breaker should hear of
// it now: once, when the count begins to trip.
func (j *judge) observe(c breaker.Cause, p breaker.Policy, now time.Time) (s breaker.Sample, tell bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.meter.Observe(c, now)
	if c == breaker.Good && !j.tripped {
		return s, false
	}
	s = j.meter.Sample(now)
	trips := p.Trips(s) != ""
	tell = trips != j.tripped
	j.tripped = trips
	return s, tell
}

// trial is a request that tries a half-open breaker; the zero trial is none.
type trial struct {
	judge  *judge
	number int
}

// end gives the verdict. Without one the place is given back.
func (t trial) end(c breaker.Cause, known bool, now time.Time) (s breaker.Sample) {
	t.judge.mu.Lock()
	defer t.judge.mu.Unlock()
	defer t.judge.settle()
	if known {
		t.judge.meter.Verdict(t.number, c, now)
	} else {
		t.judge.meter.GiveBack(t.number)
	}
	return t.judge.meter.Sample(now)
}

// causeOf is an attempt's outcome as a breaker counts it.
func causeOf(o Outcome, status int, count500 bool) breaker.Cause {
	switch o {
	case OutcomeDial:
		return breaker.Dial
	case OutcomeReset:
		return breaker.Reset
	case OutcomeHeaderTimeout:
		return breaker.HeaderTimeout
	}
	return breaker.OfStatus(status, count500)
}

// attempted tells of an attempt at a seat that was no trial.
func (p *Proxy) attempted(a Attempt, s *Seat, policy breaker.Policy, count500 bool) {
	p.config.Observer.Attempted(a)
	if sample, tell := s.judge.observe(causeOf(a.Outcome, a.Status, count500), policy, time.Now()); tell {
		p.config.Events.Judged(Judged{a.App, a.Endpoint, sample})
	}
}

// Stand tells what an endpoint's breaker allows from now on.
func (p *Proxy) Stand(app, endpoint string, s Standing) {
	d := p.desk(app)
	p.mu.Lock()
	j := d.judge(endpoint)
	p.mu.Unlock()
	j.stand(s)
}

// Troubled tells what was seen of every endpoint that trips, or whose breaker has moved:
// time moves those, too.
func (p *Proxy) Troubled() (all []Judged) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for app, d := range p.desks {
		for id, j := range d.judges {
			j.mu.Lock()
			if j.tripped || j.standing.Number > 0 {
				all = append(all, Judged{app, id, j.meter.Sample(now)})
			}
			j.mu.Unlock()
		}
	}
	return all
}

// judge is an endpoint's; the caller holds Proxy.mu.
func (d *desk) judge(endpoint string) *judge {
	j := d.judges[endpoint]
	if j == nil {
		j = &judge{}
		d.judges[endpoint] = j
	}
	return j
}

// forget drops the judges of endpoints that are gone; the caller holds Proxy.mu.
func (d *desk) forget() {
	for id := range d.judges {
		if d.seats[id] == nil {
			delete(d.judges, id)
		}
	}
}
