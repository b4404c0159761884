package proxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// queued lets n wait one after the other; each notes its number when it is let in.
func queued(t *testing.T, b *Barrier, n int, ctx func(int) context.Context) (in func() []int, done *sync.WaitGroup) {
	var mu sync.Mutex
	var order []int
	done = &sync.WaitGroup{}
	for i := range n {
		done.Go(func() {
			if turn, f := b.wait(ctx(i)); f == nil && turn {
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				b.makeWay()
			}
		})
		eventually(t, "one more waiting", func() bool { return b.waiting() == i+1 })
	}
	return func() []int {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(order)
	}, done
}

func (b *Barrier) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)
}

func TestBarrier(t *testing.T) {
	t.Run("dataplane-28 who waits is let in in the order of arrival", func(t *testing.T) {
		b := newBarrier(Hold{Kind: HoldPause})
		in, done := queued(t, b, 300, func(int) context.Context { return t.Context() })
		b.lift()
		done.Wait()
		if got := in(); len(got) != 300 || !slices.IsSorted(got) {
			t.Errorf("let in: %v", got)
		}
	})
	t.Run("whoever leaves holds nobody up, before the lifting or during it", func(t *testing.T) {
		for round := range 50 {
			b := newBarrier(Hold{Kind: HoldPause})
			gone, leave := context.WithCancel(t.Context())
			in, done := queued(t, b, 20, func(i int) context.Context {
				if i%3 == 0 {
					return gone
				}
				return t.Context()
			})
			if round%2 == 0 {
				leave()
				eventually(t, "they have left", func() bool { return b.waiting() == 13 })
			}
			go leave()
			b.lift()
			done.Wait()
			got := in()
			stayed := slices.DeleteFunc(slices.Clone(got), func(i int) bool { return i%3 == 0 })
			if len(stayed) != 13 || !slices.IsSorted(got) || b.waiting() != 0 {
				t.Fatalf("let in: %v", got)
			}
		}
	})
	t.Run("who comes when it is open and empty passes", func(t *testing.T) {
		b := newBarrier(Hold{Kind: HoldPause})
		b.lift()
		if turn, f := b.wait(t.Context()); turn || f != nil {
			t.Errorf("%v %v", turn, f)
		}
	})
	t.Run("one that waited too long is told so and the next is first", func(t *testing.T) {
		b := newBarrier(Hold{Kind: HoldPause, MaxWait: 10 * time.Millisecond})
		if _, f := b.wait(t.Context()); f != holdTimeout || b.waiting() != 0 || b.held.Load() != 0 {
			t.Errorf("%v, %d wait", f, b.waiting())
		}
	})
}

// Each of the requests that waited goes to an endpoint of its own: round robin tells in
// which order they were let in. Those whose body is still to come hold nobody up.
func TestHeldRequestsAreLetInAsTheyCame(t *testing.T) {
	const n = 24
	w := newWay(t, Config{})
	var all []Endpoint
	var mu sync.Mutex
	at := map[string]int{} // endpoint by request
	for i := range n {
		e, _ := serve(t, fmt.Sprintf("web-%02d", i), 1, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			at[r.URL.Path] = i
		})
		all = append(all, e)
	}
	turn := func(generation uint64, h *Hold) Desired {
		d := held(generation, h, all...)
		d.Route.Balance = "round-robin"
		return d
	}
	w.apply(t, turn(1, &Hold{Kind: HoldPause}))
	body, sends := io.Pipe()
	slow := make(chan error, 1)
	go func() {
		res, err := w.client.Post(w.url+"/slow", "text/plain", body)
		if err == nil {
			res.Body.Close()
		}
		slow <- err
	}()
	eventually(t, "the slow one waiting", func() bool { return w.waiting() == 1 })
	var answers []<-chan answered
	for i := range n {
		answers = append(answers, w.start("GET", "/"+strconv.Itoa(i)))
		eventually(t, "one more waiting", func() bool { return w.waiting() == int64(i+2) })
	}
	w.apply(t, turn(2, nil))
	for _, a := range answers {
		receive(t, "answer", a).is(t, 200, "")
	}
	mu.Lock()
	for i := range n {
		if want := (at["/0"] + i) % n; at["/"+strconv.Itoa(i)] != want {
			t.Errorf("request %d went to endpoint %d, let in in order it would go to %d", i, at["/"+strconv.Itoa(i)], want)
		}
	}
	mu.Unlock()
	sends.Close()
	if err := receive(t, "the slow one's answer", slow); err != nil {
		t.Error(err)
	}
}
