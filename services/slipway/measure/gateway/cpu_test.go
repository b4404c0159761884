package gateway

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

const (
	repetitions = 5
	turn        = time.Second // of one contender in one repetition
)

// cells are the loads; all of them where the full counts are wanted.
func cells() (all []cell) {
	if os.Getenv("SLIPWAY_SOAK") == "" {
		return []cell{{"GET", 128, 32}, {"POST", 4 << 10, 32}, {"GET", 64 << 10, 32}, {"GET", 128, 256}}
	}
	for _, method := range []string{"GET", "POST"} {
		for _, size := range []int{128, 4 << 10, 64 << 10} {
			for _, connections := range []int{1, 32, 256} {
				all = append(all, cell{method, size, connections})
			}
		}
	}
	return all
}

// turns are one contender's figures, by repetition.
type turns struct{ micros, rates []float64 }

// BenchmarkProxies: processor time and rate of each contender.
func BenchmarkProxies(b *testing.B) {
	for _, c := range cells() {
		b.Run(c.String(), func(b *testing.B) {
			apart(b)
			backend, some := plain(b, c.size), present(b)
			of := map[string]*turns{}
			running := map[string]*process{}
			for _, x := range some {
				of[x.name], running[x.name] = &turns{}, x.start(b, backend)
				warm(b, running[x.name], c)
			}
			for b.Loop() {
				for range repetitions {
					rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
					for _, x := range some {
						of[x.name].take(b, running[x.name], c)
					}
				}
			}
			direct, err := closed(backend, c, turn)
			must(b, err)
			report(b, of, float64(direct)/turn.Seconds())
		})
	}
}

// take measures one turn.
func (t *turns) take(b *testing.B, p *process, c cell) {
	b.Helper()
	before, began := p.cpu(), time.Now()
	n, err := closed(p.address, c, turn)
	if err != nil {
		b.Fatalf("void: %s: %v", p.of.name, err)
	}
	t.rates = append(t.rates, float64(n)/time.Since(began).Seconds())
	t.micros = append(t.micros, float64((p.cpu()-before).Nanoseconds())/1000/float64(n))
}

func report(b *testing.B, of map[string]*turns, direct float64) {
	ours := of["ours"]
	for name, t := range of {
		b.ReportMetric(median(t.micros), name+"-cpu-µs/request")
		b.ReportMetric(median(t.rates), name+"-requests/s")
		if t != ours {
			b.ReportMetric(median(ratios(ours.micros, t.micros)), "cpu-ours/"+name)
		}
	}
	b.ReportMetric(slices.Min(ours.micros), "ours-cpu-least-µs")
	b.ReportMetric(slices.Max(ours.micros), "ours-cpu-most-µs")
	b.ReportMetric(direct, "direct-requests/s")
	b.ReportMetric(0, "ns/op")
}

// ratios are paired: each of a with the one of b that was measured beside it.
func ratios(a, b []float64) (all []float64) {
	for i := range a {
		all = append(all, a[i]/b[i])
	}
	return all
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
