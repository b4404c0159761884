package gateway

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// quantile is one of sorted times, in microseconds.
func quantile(sorted []time.Duration, percent int) float64 {
	return float64(sorted[(len(sorted)-1)*percent/100].Nanoseconds()) / 1000
}

// BenchmarkLatency: open loop at a quarter, a half and three quarters of what the slowest
// contender can do, the same for all.
func BenchmarkLatency(b *testing.B) {
	apart(b)
	c := cell{"GET", 128, 64}
	backend, some := plain(b, c.size), present(b)
	running := map[string]*process{}
	slowest := 0
	for _, x := range some {
		running[x.name] = x.start(b, backend)
		warm(b, running[x.name], c)
		n, err := closed(running[x.name].address, c, turn)
		must(b, err)
		if rate := int(float64(n) / turn.Seconds()); slowest == 0 || rate < slowest {
			slowest = rate
		}
	}
	for _, percent := range []int{25, 50, 75} {
		b.Run(fmt.Sprintf("at-%d%%", percent), func(b *testing.B) {
			p50, p99 := map[string][]float64{}, map[string][]float64{}
			rate := max(1, slowest*percent/100)
			for b.Loop() {
				for range repetitions {
					rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
					for _, x := range some {
						took, err := open(running[x.name].address, c, rate, turn)
						if err != nil {
							b.Fatalf("void: %s: %v", x.name, err)
						}
						p50[x.name] = append(p50[x.name], quantile(took, 50))
						p99[x.name] = append(p99[x.name], quantile(took, 99))
					}
				}
			}
			for _, x := range some {
				b.ReportMetric(median(p50[x.name]), x.name+"-p50-µs")
				b.ReportMetric(median(p99[x.name]), x.name+"-p99-µs")
				if x.name != "ours" {
					b.ReportMetric(median(ratios(p99["ours"], p99[x.name])), "p99-ours/"+x.name)
				}
			}
			b.ReportMetric(float64(rate), "requests/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
