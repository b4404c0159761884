package plane

import (
	"sync"
	"time"

	"slipway.dev/events"
)

// beats tells when each participant's loop turned last, and how far it had read: a
// process whose loop stands still must not tell its supervisor that it lives.
type beats struct {
	mu   sync.Mutex
	at   map[string]time.Time
	read map[string]events.Position
}

func newBeats() *beats {
	return &beats{at: map[string]time.Time{}, read: map[string]events.Position{}}
}

func (b *beats) beat(name string, read events.Position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at[name], b.read[name] = time.Now(), read
}

// position is how far a participant has read.
func (b *beats) position(name string) events.Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.read[name]
}

// still names the first participant whose loop has not turned for d; empty: none.
func (b *beats) still(d time.Duration) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, at := range b.at {
		if time.Since(at) > d {
			return name
		}
	}
	return ""
}
