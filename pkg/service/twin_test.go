package service_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// relay is a line on which copies hear one another's leases, and a write takes as
// long as on a disk; it counts the writes that stored nothing, since a twin was first.
type relay struct {
	*line
	mu      sync.Mutex
	kept    map[string]service.Message
	readers []service.Reader
	refused int
}

// storing is how long a write takes.
const storing = time.Millisecond

func (l *relay) Append(ctx context.Context, guard string, expected uint64, es []events.Event) (service.Result, error) {
	time.Sleep(storing)
	r, err := l.line.Append(ctx, guard, expected, es)
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Stored == 0 {
		l.refused++
	}
	return r, err
}

func (l *relay) Lease(subject string, _ events.LeaseBody) {
	m := service.Message{Subject: subject, Stored: time.Now()}
	l.mu.Lock()
	l.kept[subject] = m
	readers := slices.Clone(l.readers)
	l.mu.Unlock()
	for _, r := range readers {
		r.Deliver(m)
	}
}

func (l *relay) Leases(ctx context.Context, _ []string, r service.Reader) error {
	l.mu.Lock()
	l.readers = append(l.readers, r)
	for _, m := range l.kept {
		r.Deliver(m)
	}
	l.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

// refusals lets copies answer 200 events, one after the other; it tells how many
// writes were for nothing, and how long the last copy took to answer alone.
func refusals(t *testing.T, copies int, off service.Rule) (refused int, alone time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &relay{line: newLine(), kept: map[string]service.Message{}}
		var all []*running
		for i := range copies {
			svc := pausing()
			svc.Driver = &hands{}
			ctx, stop := context.WithCancel(context.Background())
			r := &running{t, stop, make(chan error, 1)}
			opt := service.Options{Copy: fmt.Sprint("host-", i), Lease: events.LeaseEvery}
			go func() { r.done <- service.RunWithout(ctx, svc, l, opt, off) }()
			all = append(all, r)
		}
		pass(2 * time.Second) // each has said that it lives
		const n = 200
		for i := range n {
			l.elsewhere(t, registered(fmt.Sprint("app", i%20)))
			pass(100 * time.Millisecond)
		}
		refused = l.refused
		for _, r := range all[1:] {
			r.end()
		}
		pass(3 * events.LeaseEvery)
		began := time.Now()
		l.elsewhere(t, registered("last"))
		for len(l.names("deployer")) <= n && time.Since(began) < time.Second {
			pass(storing)
		}
		alone = time.Since(began)
		if said := l.names("deployer"); len(said) != n+1 || once(said, "") != nil {
			t.Errorf("%d facts of %d: %v", len(said), n+1, once(said, ""))
		}
		all[0].end()
	})
	return refused, alone
}

func TestWhoHearsATwinWaits(t *testing.T) {
	const all = 200
	hasty, _ := refusals(t, 2, service.RuleTwin)
	patient, after := refusals(t, 2, 0)
	single, alone := refusals(t, 1, 0)
	t.Logf("of %d decisions refused: %d without the wait, %d with it, %d alone", all, hasty, patient, single)
	if hasty < all/2 || patient > hasty/4 {
		t.Errorf("%d refused without the wait, %d with it", hasty, patient)
	}
	if single > 0 || alone > 3*storing {
		t.Errorf("alone %d are refused and an answer takes %s", single, alone)
	}
	if after > 3*storing {
		t.Errorf("a twin that is gone is waited for: an answer takes %s", after)
	}
}

// The wait is at most 30 ms, is asked for by Due, and is over as soon as the twin's
// lease is.
func TestTheWaitIsShortAndEnds(t *testing.T) {
	pair := twins(t, 2, pausing, 0)
	for i, r := range pair {
		r.ready()
		r.core.Named(fmt.Sprint("host-", i))
		r.core.Twin(r.now.Add(time.Minute))
	}
	a := pair[0]
	elsewhere(t, a.log, registered("web"))
	a.hear()
	step := a.next()
	if len(step.Appends) > 0 || !step.Due.After(a.now) || step.Due.Sub(a.now) > 30*time.Millisecond {
		t.Fatalf("%d decisions at once, due in %s", len(step.Appends), step.Due.Sub(a.now))
	}
	a.now = step.Due
	if step = a.next(); len(step.Appends) != 1 {
		t.Fatalf("%d decisions after the wait", len(step.Appends))
	}
	b := pair[1]
	b.now = b.now.Add(time.Minute) // heard nothing of its twin any more
	b.hear()
	if step = b.next(); len(step.Appends) != 1 {
		t.Errorf("%d decisions of one that is alone", len(step.Appends))
	}
}
