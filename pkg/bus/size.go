package bus

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Use is what the file streams take of their disk.
type Use struct {
	Reserved int64 // bytes they may grow to, all together
	Stored   int64 // bytes they hold
}

// Use asks for the sizes of all file streams that have been made.
func (b *Bus) Use(ctx context.Context, p Profile) (u Use, err error) {
	for _, c := range b.configs(p) {
		if c.Storage != jetstream.FileStorage {
			continue
		}
		si, err := b.streamInfo(ctx, c.Name)
		if errors.Is(err, ErrNoStream) {
			continue
		}
		if err != nil {
			return u, err
		}
		u.Reserved += max(si.Config.MaxBytes, 0)
		u.Stored += int64(si.State.Bytes)
	}
	return u, nil
}

// scale brings the file streams down to what may be stored, all by one factor.
func (b *Bus) scale(all []jetstream.StreamConfig, p Profile) {
	var sum int64
	for _, c := range all {
		if c.Storage == jetstream.FileStorage {
			sum += c.MaxBytes
		}
	}
	allowed := b.storeMax(p, sum)
	if allowed == sum {
		return
	}
	factor := float64(allowed) / float64(sum)
	for i := range all {
		if all[i].Storage == jetstream.FileStorage {
			all[i].MaxBytes = max(sizeStep, int64(float64(all[i].MaxBytes)*factor)/sizeStep*sizeStep)
		}
	}
}

// storeMax is what all file streams may take together: what was configured, else as
// declared, but never more than half of the free disk. The disk is known only where
// the server is in this process.
func (b *Bus) storeMax(p Profile, declared int64) int64 {
	allowed := p.StoreMax
	if allowed == 0 {
		allowed = declared
		if p.Name == profileDev {
			allowed = devStore
		}
		if s := b.id.Server; s != nil {
			if free, known := freeDisk(s.storeDir); known {
				allowed = min(allowed, free/2)
			}
		}
	}
	if s := b.id.Server; s != nil {
		allowed = min(allowed, s.maxStore)
	}
	return allowed
}
