package driver

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// scripted answers each run of a check by its number and notes when it began.
type scripted struct {
	answer func(n int) error
	takes  time.Duration
	began  []time.Time
	active int
	most   int
}

func (s *scripted) Check(ctx context.Context, _ string, _ Check) error {
	s.active++
	s.most = max(s.most, s.active)
	defer func() { s.active-- }()
	n := len(s.began)
	s.began = append(s.began, time.Now())
	select {
	case <-ctx.Done():
		return errors.New("timed out")
	case <-time.After(s.takes):
	}
	return s.answer(n)
}

func runFor(t *testing.T, s *scripted, id string, c Check, d time.Duration) (told []CheckResult) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		Checker{s}.Run(ctx, id, c, func(r CheckResult) { told = append(told, r) })
	})
	return told
}

func TestCheckerCountsRows(t *testing.T) {
	s := &scripted{answer: func(n int) error {
		if n >= 2 && n < 5 {
			return errors.New("answered 503")
		}
		return nil
	}}
	told := runFor(t, s, "web-7-a1", Check{Interval: time.Second}, 6500*time.Millisecond)
	want := []CheckResult{
		{OK: true, Consecutive: 1}, {OK: true, Consecutive: 2},
		{Consecutive: 1, Reason: "answered 503"}, {Consecutive: 2, Reason: "answered 503"}, {Consecutive: 3, Reason: "answered 503"},
		{OK: true, Consecutive: 1},
	}
	if len(told) < len(want) || !slices.Equal(told[:len(want)], want) {
		t.Fatalf("told %+v", told)
	}
}

func TestCheckerRunsAtOnceThenWithinTenPercent(t *testing.T) {
	s := &scripted{answer: func(int) error { return nil }}
	told := runFor(t, s, "web-7-a1", Check{Interval: time.Second}, 40*time.Second)
	other := &scripted{answer: s.answer}
	runFor(t, other, "web-7-a2", Check{Interval: time.Second}, 40*time.Second)
	if len(told) != toldInARow {
		t.Fatalf("told %d results of one row, want %d", len(told), toldInARow)
	}
	for i := 1; i < len(s.began); i++ {
		if gap := s.began[i].Sub(s.began[i-1]); gap < 900*time.Millisecond || gap > 1100*time.Millisecond {
			t.Fatalf("run %d came %s after the one before", i, gap)
		}
	}
	if len(s.began) < 36 || s.began[10].Equal(other.began[10]) {
		t.Fatalf("%d runs; two instances in step", len(s.began))
	}
}

func TestChecksDoNotOverlapAndTimeOut(t *testing.T) {
	s := &scripted{answer: func(int) error { return nil }, takes: time.Hour}
	told := runFor(t, s, "web-7-a1", Check{Interval: 100 * time.Millisecond, Timeout: 3 * time.Second}, 10*time.Second)
	if s.most != 1 || len(told) != 3 || told[2].Reason != "timed out" || told[2].Consecutive != 3 {
		t.Fatalf("%d at once, told %+v", s.most, told)
	}
}

func TestFinalIsSeenThroughWrapping(t *testing.T) {
	for err, want := range map[error]bool{
		&Fault{Reason: ReasonDigestDiffers, Unmendable: true}: true,
		&Fault{Reason: "fetch artifact"}:                      false,
		errors.Join(ErrStopped):                               true,
		errors.New("reset by peer"):                           false,
	} {
		if IsFinal(err) != want {
			t.Errorf("%v: final is %v", err, !want)
		}
	}
}
