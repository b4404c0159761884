package breaker

import (
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rig is one endpoint in a pool that has room.
type rig struct {
	t   *testing.T
	m   Meter
	b   Breaker
	p   Policy
	now time.Time
}

func newRig(t *testing.T) *rig { return &rig{t: t, now: start} }

func (r *rig) see(c Cause, n int) *rig {
	for range n {
		r.m.Observe(c, r.now)
	}
	return r
}

// settle takes every step that is missing and returns the states passed.
func (r *rig) settle(room bool) string {
	r.t.Helper()
	var path []string
	for range 10 {
		s, ok := r.b.Next(r.p, "e1", r.m.Sample(r.now), room, r.now)
		if !ok {
			return strings.Join(path, " ")
		}
		r.b = r.b.Apply(s, r.now)
		path = append(path, string(s.To))
		r.m.Begin(r.b.Number)
	}
	r.t.Fatal("it never settles")
	return ""
}

func (r *rig) is(want State) *rig {
	r.t.Helper()
	if r.b.State() != want {
		r.t.Fatalf("%s, want %s", r.b.State(), want)
	}
	return r
}

func (r *rig) opened() *rig {
	r.t.Helper()
	if r.see(Dial, Failures).settle(true); r.b.State() != Open {
		r.t.Fatal("not open")
	}
	return r
}

// halfOpen lets the opening pass.
func (r *rig) halfOpen() *rig {
	r.t.Helper()
	r.now = r.b.Due()
	r.settle(true)
	return r.is(HalfOpen)
}

func TestWhatOpensABreaker(t *testing.T) {
	t.Run("dataplane-36 four failures, one success, four failures: closed; five in a row: open in the same decision", func(t *testing.T) {
		r := newRig(t).see(Reset, 4).see(Good, 1).see(Reset, 4)
		if path := r.settle(true); path != "" {
			t.Fatalf("said %s", path)
		}
		r.see(Dial, 1)
		if path := r.settle(true); path != "open" {
			t.Fatalf("said %q", path)
		}
	})
	t.Run("dataplane-37 nineteen by turns: closed; the twentieth failing: open", func(t *testing.T) {
		r := newRig(t)
		for i := range 19 {
			r.see([]Cause{Good, Status}[i%2], 1)
		}
		if path := r.settle(true); path != "" {
			t.Fatalf("said %s", path)
		}
		r.see(Status, 1)
		if path := r.settle(true); path != "open" {
			t.Fatalf("said %q", path)
		}
	})
	t.Run("a 429 counts in the rate and leaves the run alone", func(t *testing.T) {
		r := newRig(t).see(Reset, 4).see(Shed, 10)
		if r.settle(true) != "" {
			t.Fatal("opened below twenty")
		}
		if r.see(Reset, 1).settle(true) != "open" {
			t.Fatal("a 429 has ended the run")
		}
	})
	t.Run("what is older than ten seconds is forgotten", func(t *testing.T) {
		r := newRig(t).see(Shed, 19)
		r.now = r.now.Add(buckets * time.Second)
		if r.see(Shed, 1).settle(true) != "" {
			t.Fatal("opened")
		}
	})
	t.Run("the reason has its numbers", func(t *testing.T) {
		r := newRig(t).see(Dial, 3).see(Reset, 2)
		s, _ := r.b.Next(r.p, "e1", r.m.Sample(r.now), true, r.now)
		if s.Why != "5 in a row: 3 dial, 2 reset" {
			t.Fatal(s.Why)
		}
	})
	t.Run("statuses", func(t *testing.T) {
		for status, want := range map[int]Cause{200: Good, 404: Good, 429: Shed, 500: Good, 502: Status, 503: Status, 504: Status} {
			if got := OfStatus(status, false); got != want {
				t.Errorf("%d is %s", status, got)
			}
		}
		if OfStatus(500, true) != Status {
			t.Error("500 does not count where it should")
		}
	})
}

func TestTrials(t *testing.T) {
	t.Run("dataplane-38 half-open by the timer; three trials, the fourth elsewhere; one fails: open for twice as long", func(t *testing.T) {
		r := newRig(t).opened()
		first := r.b.OpenFor
		if first < OpenFirst || first > OpenFirst*11/10 {
			t.Fatalf("open for %s", first)
		}
		r.now = r.b.Due().Add(-time.Nanosecond)
		if r.settle(true) != "" {
			t.Fatal("too early")
		}
		r.halfOpen()
		for i := range 4 {
			if _, got := r.m.Take(); got != (i < trials) {
				t.Fatalf("trial %d: %v", i+1, got)
			}
		}
		r.m.Verdict(r.b.Number, Good, r.now)
		r.m.Verdict(r.b.Number, Reset, r.now)
		if r.settle(true) != "open" || r.b.OpenFor < 2*OpenFirst || r.b.OpenFor > 2*OpenFirst*11/10 {
			t.Fatalf("%s for %s", r.b.State(), r.b.OpenFor)
		}
		r.m.Verdict(1, Good, r.now) // the third, late: of a trial that is over
		r.halfOpen()
		if got := r.m.Sample(r.now); got.Number != 2 || got.Trial != (Trial{}) {
			t.Fatalf("the second trial begins with %+v", got)
		}
	})
	t.Run("one that failed is the last: nobody else is sent to find out", func(t *testing.T) {
		r := newRig(t).opened().halfOpen()
		r.m.Take()
		r.m.Verdict(r.b.Number, Reset, r.now)
		if _, got := r.m.Take(); got || r.m.MayTry() {
			t.Fatal("another trial is let go before the breaker has heard")
		}
	})
	t.Run("dataplane-38 it opens for longer and longer until it was closed for a minute", func(t *testing.T) {
		r := newRig(t).opened()
		again := func(closed time.Duration) time.Duration {
			r.halfOpen()
			for range trials {
				r.m.Take()
				r.m.Verdict(r.b.Number, Good, r.now)
			}
			r.settle(true)
			r.now = r.now.Add(closed)
			r.opened()
			return r.b.OpenFor
		}
		if d := again(CalmAfter - time.Nanosecond); d < 2*OpenFirst {
			t.Errorf("opened for %s, %s after it was closed", d, CalmAfter)
		}
		if d := again(CalmAfter); d > OpenFirst*11/10 {
			t.Errorf("opened for %s after a calm minute", d)
		}
	})
	t.Run("three answers close it, and what was counted is forgotten", func(t *testing.T) {
		r := newRig(t).opened().halfOpen()
		for range trials {
			r.m.Take()
			r.m.Verdict(r.b.Number, Good, r.now)
		}
		if path := r.settle(true); path != "closed" {
			t.Fatalf("said %q", path)
		}
		if r.see(Dial, Failures-1).settle(true) != "" {
			t.Fatal("the old failures count again")
		}
	})
	t.Run("a trial without a verdict gives its place back", func(t *testing.T) {
		r := newRig(t).opened().halfOpen()
		for range trials {
			r.m.Take()
		}
		r.m.GiveBack(r.b.Number)
		_, first := r.m.Take()
		if _, second := r.m.Take(); !first || second {
			t.Fatal("not exactly one place came back")
		}
	})
	t.Run("dataplane-39 a trial that fails at its deadline ends the half-open state", func(t *testing.T) {
		r := newRig(t).opened().halfOpen()
		r.m.Take()
		r.m.Verdict(r.b.Number, HeaderTimeout, r.now)
		if path := r.settle(true); path != "open" {
			t.Fatalf("said %q", path)
		}
	})
	t.Run("5, 10, 20, 40, 60, 60 s and at most a tenth more; after a calm minute 5 s again", func(t *testing.T) {
		r := newRig(t).opened()
		for _, want := range []time.Duration{10, 20, 40, 60, 60} {
			r.halfOpen()
			r.m.Take()
			r.m.Verdict(r.b.Number, Dial, r.now)
			r.settle(true)
			if d := r.b.OpenFor; d < want*time.Second || d > want*time.Second*11/10 {
				t.Fatalf("open for %s, want %d s", d, want)
			}
		}
		r.halfOpen()
		for range trials {
			r.m.Take()
			r.m.Verdict(r.b.Number, Good, r.now)
		}
		r.settle(true)
		r.now = r.now.Add(CalmAfter)
		if r.opened(); r.b.OpenFor > OpenFirst*11/10 {
			t.Fatalf("open for %s after a calm minute", r.b.OpenFor)
		}
	})
}

func TestAnEndpointThatBeginsAnewHasAClosedBreaker(t *testing.T) {
	r := newRig(t).opened()
	old := r.m.Sample(r.now)
	r.b = r.b.Anew()
	if _, ok := r.b.Next(r.p, "e1", old, true, r.now); ok {
		t.Fatal("judged by what was counted before")
	}
	if r.m.Begin(r.b.Number); r.see(Dial, Failures).settle(true) != "open" {
		t.Fatal("it counts no more")
	}
}

func TestAtMostHalfOfAPoolIsOut(t *testing.T) {
	t.Run("dataplane-40 six failing: three opened, three held; a single one is never opened", func(t *testing.T) {
		out, states := 0, map[State]int{}
		for range 6 {
			r := newRig(t).see(Dial, Failures)
			r.settle(Room(6, out))
			if states[r.b.State()]++; r.b.Out() {
				out++
			}
		}
		if states[Open] != 3 || states[Held] != 3 {
			t.Fatalf("%v", states)
		}
		if Room(1, 0) {
			t.Fatal("the last one may go out")
		}
	})
	t.Run("dataplane-40 a held one opens once there is room, and closes once it answers", func(t *testing.T) {
		r := newRig(t).see(Dial, Failures)
		if path := r.settle(false); path != "held" {
			t.Fatalf("said %q", path)
		}
		other := *r
		if path := r.settle(true); path != "open" {
			t.Fatalf("said %q", path)
		}
		if path := other.see(Good, 6).settle(true); path != "closed" {
			t.Fatalf("said %q", path)
		}
	})
}
