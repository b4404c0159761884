package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ProtocolTCP is a rule's, or an endpoint's, whose bytes are passed as they are.
const ProtocolTCP = "tcp"

// TCPPorts are the ports that the table has TCP routes for, with the app of each.
func (p *Proxy) TCPPorts() map[int]string {
	ports := map[int]string{}
	for port, path := range p.table.Load().ports {
		ports[port] = path.app.route.App
	}
	return ports
}

// serveTCP joins a client that came to a port with an endpoint of the app that has
// it, until either ends or the endpoint's drain deadline has come.
func (p *Proxy) serveTCP(front *net.TCPConn, port int) {
	x := newTunnel(p, front, port)
	defer x.finish()
	defer front.Close()
	if f := x.route(); f != nil {
		x.turnAway(front, f)
		return
	}
	x.flow = x.app.flow
	x.flow.inFlight.Add(1)
	defer x.flow.inFlight.Add(-1)
	back, f := x.reach()
	if f != nil {
		x.turnAway(front, f)
		return
	}
	defer back.Close()
	x.status = http.StatusSwitchingProtocols // it is counted as what a WebSocket is
	x.toStream()
	x.pass(front, back)
}

// newTunnel makes the exchange of a connection: one that has neither host nor path,
// and no answer to write.
func newTunnel(p *Proxy, front net.Conn, port int) *exchange {
	r := &http.Request{Method: ProtocolTCP, URL: &url.URL{}, Proto: "TCP", Header: http.Header{}, RemoteAddr: front.RemoteAddr().String()}
	x := &exchange{p: p, w: deaf{}, r: r, wire: wire{over: true}, body: &body{}, start: time.Now(), port: port}
	x.identify()
	return x
}

// deaf is who would be answered in HTTP.
type deaf struct{}

// Header is http.ResponseWriter's.
func (deaf) Header() http.Header { return http.Header{} }

// Write is http.ResponseWriter's.
func (deaf) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader is http.ResponseWriter's.
func (deaf) WriteHeader(int) {}

// turnAway resets a client that cannot be served: an empty answer could be taken for
// one.
func (x *exchange) turnAway(front *net.TCPConn, f *fault) {
	x.code, x.status, x.failed = f.code, f.status, f.status >= 500
	front.SetLinger(0) // one that is gone already needs no reset
}

// reach connects to an endpoint, and to another one if that fails.
func (x *exchange) reach() (*net.TCPConn, *fault) {
	for {
		if f := x.acquire(); f != nil {
			if x.attempts > 0 && x.renewed() {
				continue
			}
			if x.attempts > 0 {
				f = connectFailed // nobody else to ask: the first error stands
			}
			return nil, f
		}
		x.attempts++
		back, err := x.dialSeat()
		if err == nil {
			x.observe(OutcomeAnswered, http.StatusOK)
			return back, nil
		}
		if f := x.ended(); f != nil {
			return nil, f.fault
		}
		x.observe(OutcomeDial, 0)
		x.p.unreachable(x.seat)
		if x.attempts >= attemptsDialMax || !x.elsewhere() && !x.renewed() {
			return nil, connectFailed
		}
		x.retried = string(OutcomeDial)
		x.leaveSeat()
	}
}

// dialSeat connects to the seat. The connection is the kernel's own, without our
// count around it: what is joined by two such is passed without a copy.
func (x *exchange) dialSeat() (*net.TCPConn, error) {
	t, life := &trip{x: x}, x.seat.life
	x.trip = t
	t.ctx, t.cancel = context.WithCancelCause(context.Background())
	t.unhook = context.AfterFunc(life, func() { x.cut(t, context.Cause(life)) })
	c, err := x.seat.target.dial(t.ctx, "tcp", x.seat.target.at(x.rule.Port))
	if err != nil {
		return nil, err
	}
	return c.(*conn).Conn.(*net.TCPConn), nil
}

// pass passes bytes both ways. At the drain deadline both connections end; so they do
// when nothing has come from either side for long.
func (x *exchange) pass(front, back *net.TCPConn) {
	end := context.AfterFunc(x.trip.ctx, func() {
		front.Close()
		back.Close()
	})
	defer end()
	w := &ways{idle: x.app.limits.StreamIdle}
	var both sync.WaitGroup
	both.Go(func() { x.body.read.Store(w.pass(back, front)) })
	both.Go(func() { x.bytesOut = w.pass(front, back) })
	both.Wait()
	if errors.Is(context.Cause(x.trip.ctx), errDrainDeadline) {
		x.code = drainDeadline.code
		x.seat.cutStreams.Add(1)
	}
}

// ways are the two directions of a tunnel.
type ways struct {
	idle  time.Duration
	moves atomic.Int64 // bytes passed either way
}

// pass passes what comes from one side until that ends, and then tells the other. A
// side that has ended may still be answered: nobody is cut for having said all.
func (w *ways) pass(to, from *net.TCPConn) (passed int64) {
	for {
		before := w.moves.Load()
		from.SetReadDeadline(time.Now().Add(w.idle)) // one that is closed says so below
		n, err := io.Copy(to, from)
		passed += n
		w.moves.Add(n)
		switch {
		case err == nil:
			to.CloseWrite() // whoever is gone needs no word
			return passed
		case errors.Is(err, os.ErrDeadlineExceeded) && w.moves.Load() > before:
			continue
		}
		to.Close()
		from.Close()
		return passed
	}
}
