package bus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	fillEvery     = 10 * time.Second // between two questions for the log's size
	storeOverhead = 512              // headers and record of one message, at most
	initialLevel  = events.Level     // until the log says otherwise
)

// FullPercent of its size is where the log begins to take only essential kinds.
const FullPercent = 90

// fill is how full the log is: what the server said last and what was stored since.
type fill struct {
	mu         sync.Mutex
	asked      time.Time
	bytes, max uint64
}

func (f *fill) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = time.Time{}
}

// mark makes the next append ask: the server has just said that the log is full.
func (f *fill) mark() { f.forget() }

func (f *fill) add(drafts []draft) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range drafts {
		f.bytes += uint64(len(d.body)) + storeOverhead
	}
}

func (f *fill) set(bytes, max uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked, f.bytes, f.max = time.Now(), bytes, max
}

func (f *fill) stale() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Since(f.asked) > fillEvery
}

// near tells whether the log is so full that only the essential may be said.
func (f *fill) near() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return nearlyFull(f.bytes, f.max)
}

// nearlyFull tells whether a log may take only what is essential.
func nearlyFull(bytes, max uint64) bool { return max > 0 && bytes >= max/100*FullPercent }

// Near tells whether the log is so full that only what is essential is said.
func (i Info) Near() bool { return nearlyFull(i.Bytes, i.Max) }

// Percent is how full the log is, 0 for one without a bound.
func (i Info) Percent() int {
	if i.Max == 0 {
		return 0
	}
	return int(i.Bytes * 100 / i.Max)
}

// admit asks for the log's size when that is due and keeps the last tenth of it for
// what takes load away, moves it back or keeps it alive.
func (b *Bus) admit(ctx context.Context, es []events.Event) error {
	if b.fill.stale() {
		i, err := b.Info(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", service.ErrUnavailable, err)
		}
		b.fill.set(i.Bytes, i.Max)
	}
	if b.fill.near() && !events.Essential(es) {
		return fmt.Errorf("%w: over %d %% only what is essential is said", service.ErrFull, FullPercent)
	}
	return nil
}

// SetLevel tells the event level the log has been raised to; kinds that came later
// are refused. A new Bus assumes the binary's own.
func (b *Bus) SetLevel(level int) { b.level.Store(int64(level)) }
