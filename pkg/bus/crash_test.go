package bus

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// bus-6: a process that says a decision is killed with -9 in the midst of it, then
// started again.
func TestACrashWithinADecision(t *testing.T) {
	for _, c := range []struct {
		name  string
		how   speaker
		stand int // facts of the decision that the crash leaves
	}{
		{"bus-6 before the third word of a chain a prefix stands", speaker{Facts: 5, Dies: 3}, 2},
		{"bus-6 behind the third word of a chain a prefix stands", speaker{Facts: 5, Dies: 3, After: true}, 3},
		{"bus-6 in the midst of a batch none stands", speaker{Facts: 50, Dies: 1}, 0},
		{"bus-6 behind a batch all stand", speaker{Facts: 50, Dies: 1, After: true}, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := StartServer(ServerOptions{Host: "127.0.0.1", Port: -1, StoreDir: t.TempDir(), MaxStore: testStore})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Shutdown)
			b := connectTest(t, s, "test")
			ensure(t, b)
			say(t, b, 0, fact(1, ""))
			c.how.URL = s.ClientURL()
			if end := c.how.start(t)(); end.Signal() != syscall.SIGKILL {
				t.Fatalf("it was to be killed: %v", end)
			}
			if n := paused(t, b, c.how); n != 1+c.stand {
				t.Errorf("%d of the decision stand, want %d", n-1, c.stand)
			}
			c.how.Dies = 0
			end := c.how.start(t)
			await(t, "the rest to be said", func() bool { return paused(t, b, c.how) == 1+c.how.Facts })
			if end := end(); end.ExitStatus() != 0 {
				t.Errorf("it ended with %v", end)
			}
			if n := paused(t, b, c.how); n != 1+c.how.Facts {
				t.Errorf("in the end %d facts, want %d", n-1, c.how.Facts)
			}
			for _, what := range readWhole(t, b).findings() {
				t.Error(what)
			}
		})
	}
}

// paused folds the log as the speaker does: at each fact its Check holds. It returns
// how many there are.
func paused(t *testing.T, b *Bus, s speaker) (n int) {
	t.Helper()
	core := service.NewCore(s.service())
	core.CheckEachFold()
	core.Found = func(x service.Broken) { t.Errorf("%s %s: %s", x.Name, x.Key, x.Detail) }
	ctx, cancel := context.WithCancel(limit(t))
	err := b.Read(ctx, events.Position{}, []string{testGuard}, service.Reader{CaughtUp: cancel, Deliver: func(m service.Message) error {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil {
			err = e.Decode()
		}
		if err != nil {
			return err
		}
		e.Pos = m.Pos
		core.Hear(e)
		n++
		return nil
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return n
}
