package proxy

import (
	"context"
	"time"
)

// glance is how long a request may take before anybody looks whether its client is still
// there: most are answered by then.
const glance = 100 * time.Millisecond

// clock is the one timer of an attempt: first a glance at its client, then the endpoint's
// time to answer, then what is left of the whole request. It is set anew only when it
// strikes.
type clock struct {
	timer    *time.Timer
	patience time.Duration // of a request without a body: from its connection to its answer; 0: watched elsewhere
	end      time.Time     // of the whole request
	off      bool          // a stream has no such end
}

// wind starts the clock.
func (t *trip) wind(patience time.Duration, end time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock.patience, t.clock.end = patience, end
	first := t.clock.next()
	if t.own {
		first = min(first, glance)
	}
	t.clock.timer = time.AfterFunc(first, t.strike)
}

// next is until the clock strikes for more than a glance.
func (c *clock) next() time.Duration {
	left := time.Until(c.end)
	if c.patience > 0 {
		left = min(left, c.patience)
	}
	return left
}

func (t *trip) strike() {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, now := &t.clock, time.Now()
	switch {
	case c.off || t.ended:
	case !now.Before(c.end):
		t.stop(errRequestTimeout)
	case t.own && t.unfollow == nil:
		t.followOnce()
		c.timer.Reset(c.next())
	case t.over.Load() || c.patience == 0:
		c.timer.Reset(c.end.Sub(now))
	case now.UnixNano() < t.connected()+int64(c.patience): // the dial took part of it
		c.timer.Reset(min(c.end.Sub(now), time.Duration(t.connected()+int64(c.patience)-now.UnixNano())))
	default:
		t.stop(errHeaderTimeout)
	}
}

// unwind stops the clock for good.
func (t *trip) unwind() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock.off = true
	if t.clock.timer != nil {
		t.clock.timer.Stop()
	}
}

// follow ends the attempt when its client leaves; a transport does so by itself.
func (t *trip) follow() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.followOnce()
}

func (t *trip) followOnce() {
	if !t.own || t.unfollow != nil || t.ended {
		return
	}
	client := t.x.r.Context()
	t.x.lookOut()
	t.unfollow = context.AfterFunc(client, func() { t.stop(context.Cause(client)) })
}
