package plane

import (
	"context"

	"slipway.dev/pkg/bus"
)

// Kept is the newest snapshot that the copies of a service keep in the bus, and the
// identity of the log that one to begin from must be of. None is bus.ErrNoSnapshot.
func Kept(ctx context.Context, b *bus.Bus, service string) (snapshot []byte, stream string, err error) {
	if stream, err = streamOf(ctx, b); err != nil {
		return nil, "", err
	}
	snapshot, err = busKeeper{b, service}.load(ctx)
	return snapshot, stream, err
}
