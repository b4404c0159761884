package contract

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func resume(t *testing.T, log service.Log) {
	const n = 30
	say(t, log, "resume", 0, Decision("resume", 1, n, 1)...)
	all := stored(t, log, "resume")
	for stop := range all {
		var after events.Position
		read := 0
		err := log.Read(limit(t), after, []string{Guard("resume")}, service.Reader{Deliver: func(m service.Message) error {
			after = m.Pos
			if read++; read > stop {
				return errEnough
			}
			return nil
		}})
		if !errors.Is(err, errEnough) {
			t.Fatalf("stopped at message %d: %v", stop, err)
		}
		rest := storedAfter(t, log, after, Guard("resume"))
		if len(rest) != n-stop-1 {
			t.Fatalf("resumed after message %d of %d: %d left", stop+1, n, len(rest))
		}
		for i, m := range rest {
			if m.Pos != all[stop+1+i].Pos {
				t.Fatalf("resumed after %s: got %s, want %s", after, m.Pos, all[stop+1+i].Pos)
			}
		}
	}
}

func filters(t *testing.T, log service.Log) {
	for i := uint64(1); i <= 3; i++ {
		for _, app := range []string{"a", "b", "c"} {
			es := Decision(app, 2*i-1, 2, int(i))
			tail := uint64(0)
			if said := stored(t, log, app); len(said) > 0 {
				tail = said[len(said)-1].Pos.Seq
			}
			say(t, log, app, tail, es...)
		}
	}
	for _, c := range []struct {
		filters []string
		want    int
	}{
		{[]string{events.Filter("a", "", "", "", "")}, 6},
		{[]string{events.Filter("a", "deployer", "", "", ""), events.Filter("c", "deployer", "", "", "")}, 12},
		{[]string{events.Filter("", "deployer", "", "release", "paused")}, 18},
		{[]string{events.Filter("", "", "", "", "retired")}, 0},
	} {
		got := storedAfter(t, log, events.Position{}, c.filters...)
		if len(got) != c.want {
			t.Errorf("%v: %d messages, want %d", c.filters, len(got), c.want)
		}
		for i := 1; i < len(got); i++ {
			if !got[i].Pos.After(got[i-1].Pos) {
				t.Errorf("%v: %s came after %s", c.filters, got[i].Pos, got[i-1].Pos)
			}
		}
		if len(got) > 0 && got[len(got)-1].Pending != 0 {
			t.Errorf("%v: the last message says that %d follow", c.filters, got[len(got)-1].Pending)
		}
	}
}

func endRead(t *testing.T, log service.Log) {
	ctx, cancel := context.WithCancel(limit(t))
	err := log.Read(ctx, events.Position{}, []string{"slipway.event.>"}, service.Reader{
		Deliver:  func(service.Message) error { return nil },
		CaughtUp: cancel,
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after its context ended: %v", err)
	}
	say(t, log, "end", 0, fact("end", 1, 1))
	err = log.Read(limit(t), events.Position{}, []string{"slipway.event.>"}, service.Reader{
		Deliver: func(service.Message) error { return errEnough },
	})
	if !errors.Is(err, errEnough) {
		t.Errorf("after its own error: %v", err)
	}
}

func live(t *testing.T, log service.Log) {
	const n = 200
	ctx, cancel := context.WithCancel(limit(t))
	defer cancel()
	ready, done := make(chan struct{}), make(chan error, 1)
	read, caughtUp := 0, 0
	go func() {
		done <- log.Read(ctx, events.Position{}, []string{Guard("live")}, service.Reader{
			Deliver: func(m service.Message) error {
				read++
				e, err := events.Parse(m.Subject, m.Header, m.Body)
				if err != nil {
					return err
				}
				if e.Ordinal != uint64(read) {
					return fmt.Errorf("message %d is ordinal %d", read, e.Ordinal)
				}
				if read == n {
					return errEnough
				}
				return nil
			},
			CaughtUp: func() { caughtUp++; close(ready) },
		})
	}()
	<-ready
	tail := uint64(0)
	for i := 0; i < n; i += 5 {
		tail = say(t, log, "live", tail, Decision("live", uint64(i+1), 5, 1)...).Last.Seq
	}
	if err := <-done; !errors.Is(err, errEnough) {
		t.Fatalf("read %d of %d: %v", read, n, err)
	}
	if caughtUp != 1 {
		t.Fatalf("told %d times that it has caught up", caughtUp)
	}
}
