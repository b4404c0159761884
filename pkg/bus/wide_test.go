package bus

import (
	"context"
	"slices"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// bus-32, of a reader with several filters: while it catches up there is one filter
// on the wire, and then there are its own; what it is told is the same.
func TestReaderOfSeveralFilters(t *testing.T) {
	b := openTest(t)
	other := events.Guard("deployer", "api", "")
	about := func(n uint64) []events.Event {
		e := fact(n, "")
		data := events.ReleasePaused{OfRelease: events.OfRelease{App: "api", Release: 1}, Cause: "manual"}
		e.ID, e.App, e.Subject, e.Data = events.ID(other, n), "api", data.About().Subject, data
		return []events.Event{e}
	}
	add := func(guard string, expected uint64, es []events.Event) uint64 {
		t.Helper()
		r, err := b.Append(limit(t), guard, expected, es)
		if err != nil {
			t.Fatal(err)
		}
		return r.Last.Seq
	}
	mine, theirs := add(testGuard, 0, facts(1, 3)), add(other, 0, about(1))
	filters := []string{"slipway.event._.>", "slipway.event.web.>"}
	r := reading{from: source{stream: events.StreamEvents, filters: filters, kept: true}}
	if c := r.config(); c.FilterSubject != wholeLog || c.FilterSubjects != nil {
		t.Errorf("it catches up with %q and %q", c.FilterSubject, c.FilterSubjects)
	}
	heard, caughtUp, gaps := make(chan service.Message, 10), make(chan struct{}), 0
	done := make(chan error, 1)
	ctx, stop := context.WithCancel(limit(t))
	go func() {
		done <- b.Read(ctx, events.Position{}, filters, service.Reader{
			Deliver:  func(m service.Message) error { heard <- m; return nil },
			CaughtUp: func() { close(caughtUp) },
			Gap:      func() { gaps++ },
		})
	}()
	<-caughtUp
	if len(heard) != 3 {
		t.Fatalf("%d messages until caught up, want 3", len(heard))
	}
	own := func() (found [][]string) {
		s, err := b.js.Stream(limit(t), events.StreamEvents)
		if err != nil {
			t.Fatal(err)
		}
		for c := range s.ListConsumers(limit(t)).Info() {
			found = append(found, append(slices.Clone(c.Config.FilterSubjects), c.Config.FilterSubject))
		}
		return found
	}
	await(t, "one consumer with its own filters", func() bool {
		all := own()
		return len(all) == 1 && slices.Equal(all[0], append(slices.Clone(filters), ""))
	})
	theirs = add(other, theirs, about(2))
	mine = add(testGuard, mine, facts(4, 1))
	for range 3 {
		<-heard
	}
	if m := <-heard; m.Pos.Seq != mine || m.Pending != 0 {
		t.Errorf("heard %s with %d behind it, want %d", m.Pos, m.Pending, mine)
	}
	stop()
	<-done
	if gaps != 0 || b.Holes() != 0 || theirs == 0 {
		t.Errorf("%d gaps, %d holes", gaps, b.Holes())
	}
}
