package bus

import (
	"context"
	"fmt"
	"time"

	"slipway.dev/events"
)

// probeBytes are more than a page of any file system, so that a probe needs room.
const probeBytes = 64 << 10

// probeWait bounds a probe: a store that has failed does not answer at all.
const probeWait = 2 * time.Second

// Probe writes one message beside the log, where the newest two are kept, and
// waits for its acknowledgement: the store takes writes.
func (b *Bus) Probe(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	began := time.Now()
	_, err = b.saveMessage(ctx, events.SnapshotSubject("probe", b.id.Name), make([]byte, probeBytes))
	if err != nil {
		return 0, fmt.Errorf("write a probe: %w", err)
	}
	return time.Since(began), nil
}
