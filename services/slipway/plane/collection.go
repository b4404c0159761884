package plane

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// While the log is read from far behind, nearly all that is allocated is garbage at
// once, and collecting it takes a quarter of the processor's time: it is collected less
// often then, for so much memory and no more.
const (
	collectUsual = 100       // percent of what lives, the runtime's default
	collectMost  = 400       // percent while catching up
	garbageMost  = 256 << 20 // bytes of garbage, beyond which it is the usual again
	collectLook  = 100 * time.Millisecond
)

// collectPercent is how much garbage, in percent of what lives, is let lie.
func collectPercent(live uint64) int {
	return int(min(max(garbageMost*100/max(live, 1), collectUsual), collectMost))
}

// collectLess has garbage collected less often until the function returned is called.
// Who has chosen how often keeps it.
func collectLess() (asUsual func()) {
	if before := debug.SetGCPercent(collectMost); before != collectUsual {
		debug.SetGCPercent(before)
		return func() {}
	}
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		look := time.NewTicker(collectLook)
		defer look.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for last := collectMost; ; {
			select {
			case <-over:
				debug.SetGCPercent(collectUsual)
				return
			case <-look.C:
			}
			metrics.Read(live)
			if now := collectPercent(live[0].Value.Uint64()); now != last {
				last = now
				debug.SetGCPercent(now)
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(over)
		<-done
	})
}
