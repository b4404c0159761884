package proxy

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"slipway.dev/pkg/breaker"
)

// unwell is an endpoint that answers 503 for as long as sick says so, and counts.
func unwell(t *testing.T, id string, sick *atomic.Bool) (e Endpoint, seen *atomic.Int64) {
	seen = &atomic.Int64{}
	e, _ = serve(t, id, 1, func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		if sick.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return e, seen
}

func (e *told) lastJudged(endpoint string) (s breaker.Sample, n int) {
	for _, j := range e.judged {
		if j.Endpoint == endpoint {
			s = j.Sample
			n++
		}
	}
	return s, n
}

func TestABreakerHearsOnceThatAnEndpointFails(t *testing.T) {
	w := newWay(t, Config{})
	var sick, well atomic.Bool
	sick.Store(true)
	a, _ := unwell(t, "a", &sick)
	b, _ := unwell(t, "b", &well)
	w.apply(t, want("web", 1, 1, a, b))
	for range 4 * breaker.Failures {
		w.do(t, "GET", "/", "")
	}
	w.until(t, "a is judged", func() bool {
		s, n := w.lastJudged("a")
		return n == 1 && s.Run == breaker.Failures
	})
	for _, j := range w.Troubled() {
		if j.Endpoint != "a" {
			t.Errorf("%s is in trouble", j.Endpoint)
		}
	}
}

func TestAnEndpointThatIsOutGetsNothingButTrials(t *testing.T) {
	w := newWay(t, Config{})
	var sick, well atomic.Bool
	sick.Store(true)
	a, seen := unwell(t, "a", &sick)
	b, _ := unwell(t, "b", &well)
	w.apply(t, want("web", 1, 1, a, b))
	ask := func(n int) {
		var all sync.WaitGroup
		for range n {
			all.Go(func() { w.ask("GET", "/", "") })
		}
		all.Wait()
	}
	w.Stand("web", "a", Standing{Out: true, Number: 1})
	if ask(20); seen.Load() != 0 {
		t.Fatalf("out, and asked %d times", seen.Load())
	}
	t.Run("one failed trial is the last", func(t *testing.T) {
		w.Stand("web", "a", Standing{Out: true, Trial: true, Number: 1})
		ask(40)
		if n := seen.Load(); n < 1 || n > 3 {
			t.Fatalf("tried %d times", n)
		}
		w.until(t, "the failure is told", func() bool { s, _ := w.lastJudged("a"); return s.Number == 1 && s.Trial.Failed > 0 })
	})
	t.Run("dataplane-38 exactly three trials, the others elsewhere", func(t *testing.T) {
		sick.Store(false)
		seen.Store(0)
		w.Stand("web", "a", Standing{Out: true, Number: 2})
		w.Stand("web", "a", Standing{Out: true, Trial: true, Number: 2})
		if ask(40); seen.Load() != 3 {
			t.Fatalf("tried %d times", seen.Load())
		}
		w.until(t, "three answers are told", func() bool { s, _ := w.lastJudged("a"); return s.Number == 2 && s.Trial.Passed == 3 })
	})
	t.Run("in again, it is asked like all", func(t *testing.T) {
		seen.Store(0)
		w.Stand("web", "a", Standing{Number: 2})
		if ask(40); seen.Load() < 5 {
			t.Fatalf("asked %d of 40 times", seen.Load())
		}
	})
}

func TestAClientThatLeavesGivesItsTrialBack(t *testing.T) {
	w := newWay(t, Config{})
	asked := make(chan struct{}, 9)
	a, _ := serve(t, "a", 1, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		wait(t, r.Context().Done())
	})
	w.apply(t, want("web", 1, 1, a))
	w.Stand("web", "a", Standing{Out: true, Trial: true, Number: 1})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		wait(t, asked)
		leave()
	}()
	r, _ := http.NewRequestWithContext(ctx, "GET", w.url, nil)
	if res, err := w.client.Do(r); err == nil {
		res.Body.Close()
		t.Fatal("answered")
	}
	w.until(t, "the trial is given back", func() bool {
		s, n := w.lastJudged("a")
		return n > 0 && s.Trial == (breaker.Trial{})
	})
}

func TestTooFewLeftAreAllAsked(t *testing.T) {
	w := newWay(t, Config{})
	var well atomic.Bool
	a, seen := unwell(t, "a", &well)
	b, _ := unwell(t, "b", &well)
	c, _ := unwell(t, "c", &well)
	w.apply(t, want("web", 1, 1, a, b, c))
	w.Stand("web", "a", Standing{Out: true, Number: 1})
	w.Stand("web", "b", Standing{Out: true, Trial: true, Number: 1})
	for range 12 {
		w.do(t, "GET", "/", "").is(t, 200, "")
	}
	w.Stand("web", "b", Standing{Out: true, Number: 2})
	for range 12 {
		w.do(t, "GET", "/", "").is(t, 200, "")
	}
	if seen.Load() == 0 {
		t.Fatal("two of three are out, and the third has it all")
	}
}

// An order that another one has overtaken changes nothing: a breaker's numbers rise, and
// within one it goes from out by its trial to in.
func TestAnOrderThatWasOvertakenChangesNothing(t *testing.T) {
	out, tried, in := Standing{Out: true, Number: 2}, Standing{Out: true, Trial: true, Number: 2}, Standing{Number: 2}
	for name, c := range map[string]struct {
		orders []Standing
		want   Standing
	}{
		"of an earlier number":       {[]Standing{in, {Out: true, Number: 1}}, in},
		"out, after the trial began": {[]Standing{out, tried, out}, tried},
		"the trial, after it is in":  {[]Standing{out, tried, in, tried}, in},
		"of the next number":         {[]Standing{in, {Out: true, Number: 3}}, Standing{Out: true, Number: 3}},
	} {
		j := &judge{}
		for _, s := range c.orders {
			j.stand(s)
		}
		if j.standing != c.want || j.tried.Load() != c.want.Out || j.out.Load() != (c.want.Out && !c.want.Trial) {
			t.Errorf("%s: %+v, out %t, tried %t", name, j.standing, j.out.Load(), j.tried.Load())
		}
	}
}
