package proxy

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"slipway.dev/pkg/breaker"
)

// exchange is one request on its way through the proxy.
type exchange struct {
	p      *Proxy
	w      http.ResponseWriter
	r      *http.Request
	wire   wire
	id     string
	parent string // the traceparent; "": it was not come to
	start  time.Time

	mesh    string // the app whose own port it came to; "": by host and path
	port    int    // a TCP route's, to which a connection came; 0: a request
	path    string // decoded, as matched
	app     *App
	turn    *Barrier // at which the others wait for this request to go on; nil: none
	flow    *flow
	rule    Rule
	prefix  string
	body    *body
	upgrade bool // the client asks for a WebSocket

	epoch    *share // that has decided
	canary   bool   // its decision
	atCanary bool   // the attempt is at the canary
	sound    bool   // its breaker and its address speak for the endpoint picked
	spilled  bool   // a canary request that goes to stable after a failure
	tally    *tally // of the release that the request is counted for
	release  uint64
	attempts int
	retrying bool   // holds one of the app's retries in flight
	retried  string // why the last further try was made
	tried    []string

	pool   *Pool
	index  int
	seat   *Seat // entered, nil outside
	trial  trial // of its breaker, if this request is one
	stream bool  // inside the stream gate instead of the request gate
	trip   *trip
	first  trip                   // of the first attempt, which mostly is the only one
	note   atomic.Pointer[func()] // tells that a stream has moved

	ours [10]said // the headers that the gateway sets
	said int      // how many

	started   atomic.Bool // the answer's header has been sent
	status    int
	code      string
	failed    bool
	abort     bool // the answer broke midway: the connection is cut
	counted   bool
	bytesOut  int64
	firstByte time.Duration
}

// ServeHTTP serves one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.serve(w, r, "") }

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request, mesh string) {
	if mesh == "" && p.tls.answered(w, r) {
		return
	}
	x := &exchange{mesh: mesh, p: p, w: w, r: r, wire: wire{rc: http.NewResponseController(w)}, start: time.Now(), path: pathOf(r)}
	x.identify()
	x.serve()
	if x.abort {
		panic(http.ErrAbortHandler) // the cut is the only honest signal once the header is out
	}
}

func (x *exchange) serve() {
	defer x.finish()
	if at := x.p.stale.Load(); at != 0 {
		x.w.Header().Set(staleHeader, stale(at, x.start))
	}
	if f := misshapen(x.r); f != nil {
		x.answer(f)
		return
	}
	if f := x.route(); f != nil {
		x.answer(f)
		return
	}
	x.flow = x.app.flow
	x.flow.inFlight.Add(1)
	defer x.flow.inFlight.Add(-1)
	if f := x.prepare(); f != nil {
		x.answer(f)
		return
	}
	x.forward()
}

// route loads the table, finds whose request it is and waits where the app
// is held.
func (x *exchange) route() *fault {
	for {
		hit := x.match()
		if hit == nil {
			x.app = nil
			return noRoute
		}
		x.app, x.rule, x.prefix = hit.app, hit.rule, hit.prefix
		if f := x.secured(); f != nil {
			return f
		}
		if x.tally == nil {
			x.tally, x.release = x.app.stable.tally, x.app.stable.release
		}
		if !x.app.route.AllowEncodedSlash && encodedSlash(x.r.URL) {
			return badPath
		}
		if x.app.held == nil {
			return nil
		}
		x.makeWay()
		x.lookOut()
		turn, f := x.app.held.wait(x.r.Context())
		if f != nil {
			return f
		}
		if turn {
			x.turn = x.app.held
		}
		if x.r.Body != nil && x.r.Body != http.NoBody {
			x.makeWay() // it may be long in coming
		}
	}
}

// makeWay lets the next request in that waits where this one did.
func (x *exchange) makeWay() {
	if x.turn != nil {
		x.turn.makeWay()
		x.turn = nil
	}
}

// forward tries endpoints until one answers or no further try is allowed.
func (x *exchange) forward() {
	var last *fault
	for {
		if f := x.acquire(); f != nil {
			if last != nil && x.renewed() {
				continue
			}
			if last != nil {
				f = last // nobody else to ask: the first error stands
			}
			x.answer(f)
			return
		}
		if x.upgrade && x.line().protocol == ProtocolH2C {
			x.answer(unsupported) // HTTP/2 has no upgrade; its endpoint is not to blame
			return
		}
		x.attempts++
		res, err := x.try()
		if err == nil {
			x.observe(OutcomeAnswered, res.status)
			if !x.another(res) {
				x.respond(res)
				return
			}
			continue
		}
		failure := x.judge(err)
		if failure.outcome != "" {
			x.observe(failure.outcome, 0)
		}
		if failure.dial {
			x.p.unreachable(x.seat)
		}
		if !x.mayRetry(failure) {
			x.answer(failure.fault)
			return
		}
		x.leaveSeat() // before it may wait
		if !x.takeRetry(failure, retryPatience) {
			x.answer(failure.fault)
			return
		}
		last, x.retried = failure.fault, string(failure.outcome)
	}
}

// renewed looks where nobody is left to ask whether the table has changed since the
// request came: who came into it meanwhile has not been asked.
func (x *exchange) renewed() bool {
	app := x.p.table.Load().apps[x.app.name]
	return app != nil && app != x.app && x.route() == nil
}

// another leaves an answer that the app wants tried elsewhere, if somebody else can
// be asked.
func (x *exchange) another(res *answer) bool {
	if len(x.app.route.Retry.Status) == 0 || !x.elsewhere() || !x.refusedBy(res.status) {
		return false
	}
	res.close()
	x.retried = refusedStatus(res.status)
	x.leaveSeat()
	return true
}

func (x *exchange) observe(o Outcome, status int) {
	a := Attempt{App: x.app.name, Endpoint: x.seat.id, Release: x.pool.release, Outcome: o, Status: status}
	count500 := x.app.route.Breaker.Count500
	if x.trial.judge == nil {
		x.p.attempted(a, x.seat, x.app.breaker, count500)
		return
	}
	x.p.config.Observer.Attempted(a)
	x.endTrial(causeOf(o, status, count500), true)
}

// endTrial ends the trial that this request is, once.
func (x *exchange) endTrial(c breaker.Cause, known bool) {
	t := x.trial
	if t.judge == nil {
		return
	}
	x.trial = trial{}
	s := t.end(c, known, time.Now())
	x.p.config.Events.Judged(Judged{x.app.name, x.seat.id, s})
}

// line is the connections the request goes over.
func (x *exchange) line() *line { return x.seat.target.over(x.rule.Protocol) }

// answer gives an answer of the gateway's own, or cuts what has begun.
func (x *exchange) answer(f *fault) {
	x.makeWay()
	x.code = f.code
	if f.status == 0 {
		x.abort = true // nobody listens
		return
	}
	x.failed = x.failed || f.status >= 500
	if x.started.Load() {
		x.failed, x.abort = true, true
		return
	}
	x.status = f.status
	x.started.Store(true)
	f.write(x.w, x.r, x.id, x.page())
}

// page is the app's own error page.
func (x *exchange) page() string {
	if x.app == nil {
		return ""
	}
	return x.app.route.ErrorPage
}

// count counts the request once. It comes before the gate is left, so that
// the counts told after a drain hold all that the endpoint answered.
func (x *exchange) count() {
	if x.counted || x.tally == nil {
		return
	}
	x.counted = true
	x.tally.requests.Add(1)
	if x.failed {
		x.tally.failures.Add(1)
	}
}

func (x *exchange) finish() {
	x.makeWay()
	x.count()
	x.leaveSeat()
	if x.retrying {
		x.flow.endRetry()
	}
	x.unreadBody()
	x.wire.release()
	if x.p.observed {
		x.p.config.Observer.Answered(x.record())
	}
}

// leaveSeat leaves the endpoint's gate and ends what watched the attempt.
func (x *exchange) leaveSeat() {
	if x.trip != nil {
		x.trip.end()
		x.trip = nil
	}
	if x.seat == nil {
		return
	}
	x.note.Store(nil)
	x.endTrial(breaker.Good, false)
	x.pool.balancer.Done(x.index)
	if x.stream {
		x.seat.streams.Exit()
	} else {
		x.seat.requests.Exit()
	}
	x.seat = nil
}

// toStream moves from the request gate to the stream gate: enter first, then
// leave, so that the endpoint is never seen empty between the two.
func (x *exchange) toStream() {
	x.stream = true
	x.seat.streams.Enter() // open as long as a request gate is not done
	x.count()
	x.seat.requests.Exit()
	t := x.trip
	t.follow()
	t.unwind()
	t.unlink = context.AfterFunc(x.p.streams, func() { x.cut(t, errDrainDeadline) })
}

// gone reports whether the client has left.
func (x *exchange) gone() bool { return context.Cause(x.r.Context()) != nil }
