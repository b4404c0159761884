package proxy

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"slipway.dev/pkg/balance"
)

var errDrainDeadline = errors.New("drain deadline")

// Pool is the endpoints of one release that take requests now.
type Pool struct {
	release  uint64
	balancer balance.Balancer
	seats    []*Seat
	tally    *tally
}

// Seat is an endpoint's place in the table: where it is reached and the gate
// its requests pass. It stands in every table from the endpoint's coming to
// its leaving.
type Seat struct {
	id       string
	target   *Target
	requests *Gate
	earlier  []*Gate // request gates that a hold has closed
	*stay
}

// stay is what a seat keeps when a hold gives it a new request gate.
type stay struct {
	streams *Gate
	app     string
	release uint64
	since   time.Time // when it came, to begin slowly; zero: it need not
	judge   *judge
	trying  atomic.Bool  // an unreachable endpoint is being connected to
	drain   atomic.Int64 // nanoseconds
	under   roster       // attempts under way
	life    context.Context
	end     context.CancelCauseFunc

	cutRequests, cutStreams atomic.Int64
}

// Cut is what was broken off when an endpoint left.
type Cut struct {
	Requests int64 // requests without a whole answer at the drain deadline
	Streams  int64 // streams open at the drain deadline
	InFlight int64 // what is still inside: 0, or the drain is not to be believed
}

// newSeat seats an endpoint; ctx bounds the life of its requests.
func newSeat(ctx context.Context, app string, e Endpoint, j *judge) *Seat {
	s := &Seat{id: e.ID, target: newTarget(e), requests: NewGate(), stay: &stay{app: app, release: e.Release, judge: j, streams: NewGate()}}
	s.life, s.end = context.WithCancelCause(ctx)
	life := s.life
	context.AfterFunc(life, func() { s.under.end(context.Cause(life)) })
	return s
}

// renewed returns the seat with a new request gate; the caller closes the old.
func (s *Seat) renewed() *Seat {
	return &Seat{id: s.id, target: s.target, requests: NewGate(), earlier: s.unfinished(), stay: s.stay}
}

// gates returns every request gate of the seat.
func (s *Seat) gates() []*Gate { return append(slices.Clip(s.earlier), s.requests) }

func (s *Seat) unfinished() []*Gate {
	var open []*Gate
	for _, g := range s.gates() {
		select {
		case <-g.Done():
		default:
			open = append(open, g)
		}
	}
	return open
}

// inFlight returns requests and streams.
func (s *Seat) inFlight() int64 {
	n := s.streams.Inside() + s.requests.Inside()
	for _, g := range s.earlier {
		n += g.Inside()
	}
	return n
}

// leave closes the request gate and returns when the last request and then
// the last stream have ended; at the drain deadline it cuts them. The stream
// gate closes only after every request gate is done: a request that becomes a
// stream still holds its request gate, so its move is never refused.
func (s *Seat) leave(closed func()) Cut {
	s.requests.Close()
	closed()
	deadline := time.AfterFunc(time.Duration(s.drain.Load()), func() { s.end(errDrainDeadline) })
	defer deadline.Stop()
	for _, g := range s.gates() {
		<-g.Done()
	}
	s.streams.Close()
	<-s.streams.Done()
	s.target.close()
	s.end(context.Canceled)
	return Cut{Requests: s.cutRequests.Load(), Streams: s.cutStreams.Load(), InFlight: s.inFlight()}
}
