package proxy

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What an endpoint had in hand when it died is more than may be tried again at once: the
// rest waits for its turn.
func TestADeathWithManyInHand(t *testing.T) {
	t.Run("dataplane-22 an endpoint killed with 40 GETs in hand loses none, dataplane-25 of which 8 at most are retried at once", func(t *testing.T) {
		w := newWay(t, Config{})
		const all, most = 40, 8
		var came, here, peak atomic.Int64
		die, full := make(chan struct{}), make(chan struct{})
		a := raw(t, "a", 1, func(c net.Conn, r *bufio.Reader) {
			if _, err := http.ReadRequest(r); err == nil {
				came.Add(1)
				wait(t, die)
				c.(*net.TCPConn).SetLinger(0)
			}
		})
		var once sync.Once
		b, _ := serve(t, "b", 1, func(w http.ResponseWriter, _ *http.Request) {
			n := here.Add(1)
			defer here.Add(-1)
			for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
			}
			if n == most {
				once.Do(func() { close(full) })
			}
			wait(t, full)
			io.WriteString(w, "ok")
		})
		a.Weight, b.Weight = 1000, 1 // all of them go to a first
		w.apply(t, want("web", 1, 1, a, b))
		var answers sync.WaitGroup
		for range all {
			answers.Go(func() {
				if a, err := w.ask("GET", "/", ""); err != nil || a.status != 200 {
					t.Errorf("%+v %v", a, err)
				}
			})
		}
		eventually(t, "all to be in hand", func() bool { return came.Load() == all })
		close(die)
		answers.Wait()
		if n := peak.Load(); n != most {
			t.Errorf("%d retries at once, want %d", n, most)
		}
	})
	t.Run("who waits in vain for a retry is answered with the first error", func(t *testing.T) {
		f := newFlow()
		for range retryFloor {
			f.takeRetry(t.Context(), 0, 0)
		}
		if f.takeRetry(t.Context(), 0, time.Millisecond) || f.denied.Load() != 1 {
			t.Errorf("taken, or %d denied", f.denied.Load())
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if f.takeRetry(gone, 0, time.Hour) {
			t.Error("taken for a client that has gone")
		}
	})
	t.Run("each of those who wait is woken", func(t *testing.T) {
		f := newFlow()
		for range retryFloor {
			f.takeRetry(t.Context(), 0, 0)
		}
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				if !f.takeRetry(t.Context(), 0, time.Minute) {
					t.Error("never woken")
					return
				}
				f.endRetry()
			})
		}
		for range retryFloor {
			f.endRetry()
		}
		all.Wait()
		if n := f.retries.Load(); n != 0 {
			t.Errorf("%d retries are never given back", n)
		}
	})
}

// A request was on its way to a when b came into the table, and a died.
func TestWhoCameMeanwhileIsAsked(t *testing.T) {
	came := func(t *testing.T, meanwhile func(w *way, d Desired)) *way {
		w := newWay(t, Config{})
		a := nobody(t, "a", 1)
		b, _ := serve(t, "b", 1, says("b"))
		w.applyDead(t, want("web", 1, 1, a))
		var once sync.Once
		w.afterPick = func(string, string) { once.Do(func() { meanwhile(w, want("web", 2, 1, a, b)) }) }
		return w
	}
	t.Run("in HTTP", func(t *testing.T) {
		w := came(t, func(w *way, d Desired) { w.applyDead(t, d) })
		w.do(t, "POST", "/", "x").is(t, 200, "")
		w.until(t, "two attempts", func() bool { return len(w.records) == 1 && w.records[0].Attempts == 2 })
	})
	t.Run("an app that is gone meanwhile: the first error stands", func(t *testing.T) {
		w := came(t, func(w *way, _ Desired) { go w.Remove("web") })
		w.do(t, "POST", "/", "x").is(t, 502, "connect-failed")
	})
	t.Run("over TCP", func(t *testing.T) {
		w := newWay(t, Config{})
		a, b := nobody(t, "a", 1), echoTCP(t, "b", 1)
		w.applyDead(t, wantTCP("db", 5432, 1, 1, a))
		var once sync.Once
		w.afterPick = func(app, endpoint string) {
			once.Do(func() { w.applyDead(t, wantTCP("db", 5432, 2, 1, a, b)) })
		}
		_, address := w.atPort(t, 5432)
		phone(t, address).hears("b\n")
	})
}
