package proxy

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func held(generation uint64, h *Hold, endpoints ...Endpoint) Desired {
	d := want("web", generation, 1, endpoints...)
	d.Route.Hold = h
	return d
}

// waiting returns how many requests wait at the app's barrier.
func (w *way) waiting() int64 { return w.table.Load().apps["web"].held.held.Load() }

func TestHold(t *testing.T) {
	t.Run("dataplane-28 those in flight finish, then it has quiesced; new ones wait and are answered when it is lifted", func(t *testing.T) {
		w, s := newWay(t, Config{}), newSlow()
		e, _ := serve(t, "web", 1, s.answer)
		w.apply(t, held(1, nil, e))
		var before []<-chan answered
		for range 10 {
			before = append(before, w.start("GET", "/before"))
			receive(t, "request", s.came)
		}
		w.apply(t, held(2, &Hold{Kind: HoldPause}, e))
		var after []<-chan answered
		for n := range int64(5) {
			after = append(after, w.start("POST", "/after"))
			eventually(t, "one more waiting", func() bool { return w.waiting() == n+1 })
		}
		w.apply(t, held(3, &Hold{Kind: HoldPause}, e)) // a pool change keeps the barrier and says nothing
		if len(w.quiesced) != 0 || len(s.came) != 0 {
			t.Fatalf("quiesced %v with 10 in flight, %d passed the barrier", w.quiesced, len(s.came))
		}
		close(s.let)
		for _, a := range before {
			receive(t, "answer", a).is(t, 200, "")
		}
		w.until(t, "quiesced", func() bool { return len(w.quiesced) == 1 && w.quiesced[0] == 5 })
		w.apply(t, held(4, nil, e))
		for _, a := range after {
			receive(t, "answer", a).is(t, 200, "")
		}
		if n, failures := sum(w.Totals("web")); failures != 0 {
			t.Fatalf("%d failures of %d", failures, n)
		}
	})
	for name, leaves := range map[string]uint64{"leaves with the hold": 2, "left before it": 1} {
		t.Run("dataplane-28 it has quiesced when what is in flight at an endpoint that "+name+" has ended", func(t *testing.T) {
			w, s := newWay(t, Config{}), newSlow()
			old, _ := serve(t, "old", 1, s.answer)
			next, _ := serve(t, "next", 1, says("ok"))
			old.Drain = patience
			w.apply(t, want("web", 1, 1, old))
			before := w.start("GET", "/before")
			receive(t, "request", s.came)
			if leaves == 1 {
				w.apply(t, want("web", 2, 1, next))
			}
			w.apply(t, held(3, &Hold{Kind: HoldPause}, next))
			other := w.start("GET", "/held")
			eventually(t, "one waiting", func() bool { return w.waiting() == 1 })
			w.apply(t, held(4, &Hold{Kind: HoldPause}, next)) // whatever is quiet by now has been told
			w.told.mu.Lock()
			early := len(w.quiesced)
			w.told.mu.Unlock()
			if early != 0 {
				t.Errorf("quiesced with one in flight at an endpoint that %s", name)
			}
			close(s.let)
			receive(t, "answer", before).is(t, 200, "")
			w.until(t, "quiesced", func() bool { return len(w.quiesced) == 1 })
			w.apply(t, held(5, nil, next))
			receive(t, "answer", other).is(t, 200, "")
		})
	}
	t.Run("dataplane-29 one too many is 503 at once, one too long is 504", func(t *testing.T) {
		w := newWay(t, Config{})
		e, _ := serve(t, "web", 1, says("ok"))
		w.apply(t, held(1, &Hold{Kind: HoldPause, MaxHeld: 2, MaxWait: time.Minute}, e))
		one, two := w.start("GET", "/"), w.start("GET", "/")
		eventually(t, "two waiting", func() bool { return w.waiting() == 2 })
		w.do(t, "GET", "/", "").is(t, 503, "held-full")
		w.apply(t, held(2, &Hold{Kind: HoldPause, MaxWait: 20 * time.Millisecond}, e))
		receive(t, "one", one).is(t, 504, "hold-timeout")
		receive(t, "two", two).is(t, 504, "hold-timeout")
	})
	t.Run("dataplane-29 1000 may wait for 30 s where nobody says otherwise", func(t *testing.T) {
		b := newBarrier(Hold{Kind: HoldPause})
		if b.hold.MaxHeld != 1000 || b.hold.MaxWait != 30*time.Second {
			t.Fatalf("%+v", b.hold)
		}
		var waiting sync.WaitGroup
		for range b.hold.MaxHeld {
			waiting.Go(func() {
				if _, f := b.wait(t.Context()); f != nil {
					t.Errorf("one of 1000: %s", f.code)
				}
				b.makeWay()
			})
		}
		eventually(t, "1000 waiting", func() bool { return b.held.Load() == 1000 })
		if _, f := b.wait(t.Context()); f != heldFull || f.status != 503 {
			t.Errorf("the 1001st: %+v", f)
		}
		b.lift()
		waiting.Wait()
	})
	t.Run("dataplane-29 restarted while held, then lifted: requests flow", func(t *testing.T) {
		e, _ := serve(t, "web", 1, says("ok"))
		file := filepath.Join(t.TempDir(), "table")
		first := newWay(t, Config{})
		first.apply(t, held(1, &Hold{Kind: HoldPause}, e))
		if err := first.Save(file, "1:7"); err != nil {
			t.Fatal(err)
		}
		w := newWay(t, Config{})
		if _, err := w.Load(context.Background(), file); err != nil {
			t.Fatal(err)
		}
		answer := w.start("GET", "/")
		eventually(t, "waiting", func() bool { return w.waiting() == 1 })
		w.apply(t, held(2, nil, e))
		receive(t, "answer", answer).is(t, 200, "")
	})
	t.Run("stopped is 503 with the message", func(t *testing.T) {
		w := newWay(t, Config{})
		e, _ := serve(t, "web", 1, says("ok"))
		w.apply(t, held(1, &Hold{Kind: HoldStop, Message: "back at <noon>"}, e))
		a := w.do(t, "GET", "/", "", "Accept", "text/html")
		a.is(t, 503, "stopped")
		if want := "back at &lt;noon&gt;"; !contains(a.body, want) {
			t.Fatalf("%q lacks %q", a.body, want)
		}
	})
	t.Run("a stream lives on through a hold, and its endpoint still drains", func(t *testing.T) {
		w := newWay(t, Config{})
		open := make(chan struct{})
		e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-open
			io.WriteString(w, "end")
		})
		w.apply(t, held(1, nil, e))
		res, err := w.client.Get(w.url)
		if err != nil {
			t.Fatal(err)
		}
		w.apply(t, held(2, &Hold{Kind: HoldPause}, e))
		w.until(t, "quiesced", func() bool { return len(w.quiesced) == 1 })
		w.apply(t, held(3, nil))
		w.until(t, "closed", func() bool { return len(w.closed) == 1 })
		if len(w.drained) != 0 {
			t.Fatal("drained with a stream open")
		}
		close(open)
		if a, err := read(res, nil); err != nil || a.body != "end" {
			t.Fatalf("%+v %v", a, err)
		}
		if cut := w.awaitDrained(t, "web"); cut != (Cut{}) {
			t.Fatalf("cut %+v", cut)
		}
	})
}
