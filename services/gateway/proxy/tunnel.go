package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// tunnelLinger is how long one side may go on after the other has ended.
const tunnelLinger = 5 * time.Second

// tunnel joins client and endpoint after a 101. The stream gate is entered
// before the client hears of it.
func (x *exchange) tunnel(res *http.Response) {
	back, ok := res.Body.(io.ReadWriteCloser)
	if !ok || !x.upgrade || !names(res.Header["Upgrade"], "websocket") {
		x.answer(badResponse) // nobody asked for it
		return
	}
	x.status = res.StatusCode
	x.toStream()
	front, buffered, err := x.wire.rc.Hijack()
	if err != nil {
		x.abort = true
		return
	}
	unframed(front)
	x.started.Store(true)
	x.wire.release()
	defer front.Close()
	front.SetDeadline(time.Time{})
	removeHops(res.Header)
	res.Header.Set("Connection", "Upgrade")
	res.Header.Set("Upgrade", "websocket")
	res.Body = http.NoBody
	if res.Write(buffered) != nil || buffered.Flush() != nil {
		return
	}
	end := context.AfterFunc(x.trip.ctx, func() {
		front.Close()
		back.Close()
	})
	defer end()
	idle := x.watchIdle(true)
	join(&pipe{buffered.Reader, front, front}, &pipe{back, back, back}, idle)
	if errors.Is(context.Cause(x.trip.ctx), errDrainDeadline) {
		x.code = drainDeadline.code
		x.seat.cutStreams.Add(1)
	}
}

// pipe is one side of a tunnel.
type pipe struct {
	io.Reader
	io.Writer
	io.Closer
}

// closeWrite says that nothing more comes, if the side can.
func (p *pipe) closeWrite() {
	if half, ok := p.Closer.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		return
	}
	p.Close()
}

// join copies both ways until both sides have ended, or one has broken.
func join(a, b *pipe, moved func()) {
	var both sync.WaitGroup
	way := func(to, from *pipe) {
		if _, err := io.Copy(to, noting{from, moved}); err != nil && !errors.Is(err, net.ErrClosed) {
			to.Close()
			from.Close()
			return
		}
		to.closeWrite()
		time.AfterFunc(tunnelLinger, func() { to.Close() })
	}
	both.Go(func() { way(a, b) })
	both.Go(func() { way(b, a) })
	both.Wait()
	a.Close()
	b.Close()
}

// noting calls moved for each read that brought something.
type noting struct {
	io.Reader
	moved func()
}

// Read is io.Reader's.
func (n noting) Read(p []byte) (int, error) {
	k, err := n.Reader.Read(p)
	if k > 0 {
		n.moved()
	}
	return k, err
}
