package proxy

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"slipway.dev/pkg/split"
)

// ReleaseCount is what one release answered.
type ReleaseCount struct {
	Release  uint64
	Requests uint64 // answered, by an endpoint or by the gateway in its name
	Failures uint64 // of them 5xx or cut, after retries
}

// tally counts one release's answers since the process started.
type tally struct{ requests, failures atomic.Uint64 }

// flow is what an app has under way; it outlives its tables.
type flow struct {
	inFlight atomic.Int64
	retries  atomic.Int64
	ended    chan struct{} // a retry has, and nobody who waits for one has looked yet
	denied   atomic.Uint64 // retries that the budget did not allow
	sound    atomic.Uint64 // answers without fault, for the thinning of records

	mu      sync.Mutex
	tallies map[uint64]*tally
	told    map[uint64]ReleaseCount
}

func newFlow() *flow {
	return &flow{ended: make(chan struct{}, 1), tallies: map[uint64]*tally{}, told: map[uint64]ReleaseCount{}}
}

func (f *flow) tally(release uint64) *tally {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tallies[release] == nil {
		f.tallies[release] = &tally{}
	}
	return f.tallies[release]
}

func (f *flow) totals() []ReleaseCount {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

func (f *flow) read() []ReleaseCount {
	var all []ReleaseCount
	for release, t := range f.tallies {
		// failures first: an answer counts its request before its failure
		failures := t.failures.Load()
		all = append(all, ReleaseCount{Release: release, Requests: t.requests.Load(), Failures: failures})
	}
	slices.SortFunc(all, func(a, b ReleaseCount) int { return int(int64(a.Release) - int64(b.Release)) })
	return all
}

// delta returns the totals less those of the call before.
func (f *flow) delta() []ReleaseCount {
	f.mu.Lock()
	defer f.mu.Unlock()
	var since []ReleaseCount
	for _, now := range f.read() {
		was := f.told[now.Release]
		f.told[now.Release] = now
		now.Requests -= was.Requests
		now.Failures -= was.Failures
		if now.Requests > 0 || now.Failures > 0 {
			since = append(since, now)
		}
	}
	return since
}

// retryBp and retryFloor bound an app's retries in flight: a fifth of its requests in
// flight where its route does not say otherwise, and three where there are few.
const (
	retryBp    = 2000
	retryFloor = 3
)

// takeRetry reports whether one more retry may fly, at once or within the patience; the
// taker ends it.
func (f *flow) takeRetry(ctx context.Context, budgetBp int, patience time.Duration) bool {
	if f.tryRetry(budgetBp) {
		return true
	}
	if patience > 0 && f.awaitRetry(ctx, budgetBp, patience) {
		return true
	}
	f.denied.Add(1)
	return false
}

func (f *flow) tryRetry(budgetBp int) bool {
	if budgetBp <= 0 {
		budgetBp = retryBp
	}
	for {
		flying := f.retries.Load()
		if flying >= max(retryFloor, f.inFlight.Load()*int64(budgetBp)/split.Whole) {
			return false
		}
		if f.retries.CompareAndSwap(flying, flying+1) {
			return true
		}
	}
}

// awaitRetry tries again whenever a retry has ended. Whoever has taken one wakes the next:
// more than one may have ended.
func (f *flow) awaitRetry(ctx context.Context, budgetBp int, patience time.Duration) bool {
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		if f.tryRetry(budgetBp) {
			f.wake()
			return true
		}
		select {
		case <-f.ended:
		case <-over.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// endRetry gives back what takeRetry took.
func (f *flow) endRetry() {
	f.retries.Add(-1)
	f.wake()
}

func (f *flow) wake() {
	select {
	case f.ended <- struct{}{}:
	default: // somebody is to be woken already
	}
}
