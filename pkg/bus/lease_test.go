package bus

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func TestLeases(t *testing.T) {
	b := openTest(t)
	if !b.LeaseAcked().IsZero() {
		t.Error("a lease was kept before one was said")
	}
	n1, n2 := events.LeaseSubject("node", "n1"), events.LeaseSubject("node", "n2")
	began := time.Now()
	for i := range uint64(3) {
		if err := b.Lease(n1, events.LeaseBody{Incarnation: 1, N: i}); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "an answer", func() bool { return !b.LeaseAcked().Before(began) })
	heard := make(chan string, 10)
	ready := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go b.Leases(ctx, "", service.Reader{
		Deliver:  func(m service.Message) error { heard <- m.Subject; return nil },
		CaughtUp: func() { close(ready) },
	})
	if got := <-heard; got != n1 {
		t.Fatalf("heard %s", got)
	}
	<-ready
	if err := b.Lease(n2, events.LeaseBody{Incarnation: 1}); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got != n2 {
		t.Fatalf("heard %s after it had caught up", got)
	}
}

func TestLeaseTimesOfOneServer(t *testing.T) {
	b := connectTest(t, startTest(t), "test")
	if _, err := b.LeaseTimes(limit(t)); !errors.Is(err, ErrNoStream) {
		t.Errorf("before the streams are made: %v", err)
	}
	ensure(t, b)
	if times, err := b.LeaseTimes(limit(t)); err != nil || times.Every != events.LeaseEvery || times.TTL != events.LeaseTTL {
		t.Errorf("got %+v %v", times, err)
	}
}
