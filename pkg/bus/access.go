package bus

import (
	"context"
	"encoding/json"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Access delivers the access records that are kept since a time and match a filter
// such as slipway.access.>; zero is all that is kept. Without follow it returns nil at
// the end of it. What cannot be read is passed over. It returns fn's error.
func (b *Bus) Access(ctx context.Context, filter string, since time.Time, follow bool, fn func(subject string, batch events.AccessBatch) error) error {
	return b.hearsay(ctx, events.StreamAccess, filter, since, follow, func(m service.Message) error {
		var batch events.AccessBatch
		if json.Unmarshal(m.Body, &batch) != nil {
			return nil
		}
		return fn(m.Subject, batch)
	})
}
