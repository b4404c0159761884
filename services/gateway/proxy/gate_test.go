package proxy

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// L1: after Close no Enter succeeds. L3: done means that nobody is inside,
// for ever. Both under as many goroutines as want in.
func TestNobodyEntersAClosedGateAndDoneMeansEmpty(t *testing.T) {
	for round := range 500 {
		g, inside, closed, all := NewGate(), atomic.Int64{}, atomic.Bool{}, sync.WaitGroup{}
		for range 8 {
			all.Go(func() {
				for range 50 {
					after := closed.Load() // read before: then Close had returned
					if !g.Enter() {
						continue
					}
					if after {
						t.Errorf("round %d: entered a closed gate", round)
					}
					inside.Add(1)
					select {
					case <-g.Done():
						t.Errorf("round %d: done while somebody is inside", round)
					default:
					}
					inside.Add(-1)
					g.Exit()
				}
			})
		}
		all.Go(func() {
			for range rand.IntN(200) {
				if g.Enter() {
					g.Exit()
				}
			}
			g.Close()
			closed.Store(true)
		})
		<-g.Done()
		if n := inside.Load(); n != 0 {
			t.Fatalf("round %d: %d inside when done", round, n)
		}
		all.Wait()
		if g.Enter() || g.Inside() != 0 {
			t.Fatalf("round %d: gate not shut for ever", round)
		}
	}
}

func TestAGateWithSomebodyInsideIsDoneWhenTheyLeave(t *testing.T) {
	g := NewGate()
	if !g.Enter() {
		t.Fatal("open gate refused")
	}
	g.Close()
	select {
	case <-g.Done():
		t.Fatal("done with one inside")
	default:
	}
	if g.Inside() != 1 {
		t.Fatalf("inside %d", g.Inside())
	}
	g.Exit()
	<-g.Done()
}
