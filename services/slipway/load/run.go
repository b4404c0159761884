package load

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Running is a load under way.
type Running struct {
	config  Config
	tally   *tally
	client  *http.Client
	client2 *http.Client
	stop    context.CancelFunc // of what is sent; what is under way is finished
	cut     context.CancelFunc // of what is under way
	all     sync.WaitGroup
}

// Start begins to send; Stop ends it.
func Start(ctx context.Context, c Config) *Running {
	c = c.withDefaults()
	flight, cut := context.WithCancel(ctx)
	sending, stop := context.WithCancel(flight)
	r := &Running{config: c, tally: newTally(), client: client(c), client2: client2(c), stop: stop, cut: cut}
	if c.Rate > 0 {
		r.all.Go(func() { r.send(sending, flight) })
	}
	for i := range c.Sockets {
		r.all.Go(func() { r.socket(sending, i) })
	}
	return r
}

// Counts is what has become of the requests so far.
func (r *Running) Counts() Counts { return r.tally.counts() }

// Requests is how many were answered so far, or failed, without the sockets' messages.
func (r *Running) Requests() int {
	r.tally.mu.Lock()
	defer r.tally.mu.Unlock()
	return r.tally.Sent - r.tally.Outcomes[wsEcho]
}

// Halt sends nothing more and does not wait.
func (r *Running) Halt() { r.stop() }

// Stop sends nothing more, waits for the answers under way and returns the counts.
func (r *Running) Stop() Counts {
	r.stop()
	r.all.Wait()
	r.cut()
	r.client.CloseIdleConnections()
	r.client2.CloseIdleConnections()
	return r.tally.counts()
}

// send sends each request when it is due.
func (r *Running) send(sending, flight context.Context) {
	slots := make(chan struct{}, inFlightMax)
	every := time.Second / time.Duration(r.config.Rate)
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := time.Now()
	for n := 0; ; n++ {
		timer.Reset(time.Until(due))
		select {
		case <-sending.Done():
			return
		case <-timer.C:
		}
		select {
		case slots <- struct{}{}:
			at, method := due, r.config.Methods[n%len(r.config.Methods)]
			r.all.Go(func() {
				r.request(flight, method, at)
				<-slots
			})
		default:
			r.tally.count(&r.tally.Shed)
		}
		due = due.Add(every)
	}
}
