package service_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// TestStopWhileCopying: what was set aside is kept, whenever its service is stopped.
func TestStopWhileCopying(t *testing.T) {
	const replayed = 10
	aside := func(t *testing.T) *post {
		l := &post{line: newLine(), t: t}
		l.elsewhere(t, registered("web"))
		old, stray := eventOf(registered("web"), 1), events.NodeLeft{OfNode: events.OfNode{Node: "n1"}}
		l.spoiled[eventOf(stray, 1).StreamSubject()] = func(m service.Message) service.Message {
			m.Subject, m.Body = old.StreamSubject(), body(t, old)
			return m
		}
		for range replayed {
			l.elsewhere(t, stray)
		}
		return l
	}
	t.Run("copies that wait are kept before it ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := aside(t)
			l.toDead = func(context.Context) error { time.Sleep(150 * time.Millisecond); return nil }
			var left []byte
			r := start(t, pausing(), l.line, service.Options{Stream: "one", Save: func(b []byte) { left = b }}, 0)
			if len(l.dead) == replayed {
				t.Fatal("nothing waits")
			}
			r.end()
			if len(l.dead) != replayed || left == nil {
				t.Errorf("%d of %d kept, a snapshot of %d bytes", len(l.dead), replayed, len(left))
			}
		})
	})
	t.Run("where the bus is away it ends without a snapshot, and the next life keeps them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := aside(t)
			l.toDead = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			began := time.Now()
			left := l.life(pausing(), nil, func() {})
			if took := time.Since(began); left != nil || took > 5*time.Second {
				t.Errorf("it ended after %s with a snapshot of %d bytes", took, len(left))
			}
			l.toDead = nil
			if left = l.life(pausing(), left, func() {}); len(l.dead) != replayed || left == nil {
				t.Errorf("%d of %d kept, a snapshot of %d bytes", len(l.dead), replayed, len(left))
			}
		})
	})
}
