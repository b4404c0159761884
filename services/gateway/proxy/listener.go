package proxy

import (
	"context"
	"net"
	"sync"
	"time"
)

// countedListener knows how many of its connections are open, and accepts no
// more than its limit.
type countedListener struct {
	net.Listener
	slots chan struct{}
	stop  chan struct{}
	once  sync.Once
	crowd *crowd

	mu    sync.Mutex
	open  int
	empty chan struct{} // closed while none is open
}

func newCountedListener(l net.Listener, limit int) *countedListener {
	empty := make(chan struct{})
	close(empty)
	return &countedListener{Listener: l, slots: make(chan struct{}, limit), stop: make(chan struct{}), empty: empty}
}

// Accept is net.Listener's; it waits for a free place first.
func (l *countedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.stop:
		return nil, net.ErrClosed
	}
	c, left, err := l.crowd.accept(l.Listener)
	if err != nil {
		<-l.slots
		return nil, err
	}
	l.add(1)
	return newClientConn(c, func() { left(); l.add(-1); <-l.slots }), nil
}

func (l *countedListener) add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.open
	l.open += n
	switch {
	case was == 0:
		l.empty = make(chan struct{})
	case l.open == 0:
		close(l.empty)
	}
}

// Close is net.Listener's. A second one is none: net/http, too, closes a listener that
// was closed before its Shutdown, and would take the error for a shutdown that failed.
func (l *countedListener) Close() (err error) {
	l.once.Do(func() {
		close(l.stop)
		err = l.Listener.Close()
	})
	return err
}

// waitEmpty reports whether no connection is open; it waits until then, the
// end of ctx or, unless 0, of the time given.
func (l *countedListener) waitEmpty(ctx context.Context, most time.Duration) bool {
	if most > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, most)
		defer cancel()
	}
	l.mu.Lock()
	empty := l.empty
	l.mu.Unlock()
	select {
	case <-empty:
		return true
	case <-ctx.Done():
		return false
	}
}
