package edge

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/gateway"
)

// counting is a bus that counts leases.
type counting struct{ n atomic.Int64 }

func (c *counting) Lease(string, events.LeaseBody) { c.n.Add(1) }

// TestRenew: a gateway renews as often as its bus wants it to.
func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counting{}
		d := New(Config{Name: "gw1-a"}, c)
		ctx, end := context.WithCancel(t.Context())
		go d.lease(ctx, gateway.Lease{Incarnation: 1})
		within := func(min, max int64) {
			t.Helper()
			before := c.n.Load()
			time.Sleep(time.Minute)
			if n := c.n.Load() - before; n < min || n > max {
				t.Errorf("%d leases in a minute, want %d to %d", n, min, max)
			}
		}
		within(54, 68)
		d.Renew(events.LeaseEveryCluster)
		within(27, 35)
		end()
		synctest.Wait()
	})
}
