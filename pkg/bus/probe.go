package bus

import (
	"context"
	"fmt"
	"time"

	"slipway.dev/events"
)

// probeWait bounds a probe: a store that has failed does not answer at all.
const probeWait = 2 * time.Second

// Probe writes one small message beside the log, where the newest two are kept, and
// waits for its acknowledgement: the store takes writes.
func (b *Bus) Probe(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	began := time.Now()
	_, err = b.saveMessage(ctx, events.SnapshotSubject("probe", b.id.Name), []byte(began.UTC().Format(time.RFC3339Nano)))
	if err != nil {
		return 0, fmt.Errorf("write a probe: %w", err)
	}
	return time.Since(began), nil
}
