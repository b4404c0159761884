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
	err = b.eachFile(ctx, b.declared(p), func(si *jetstream.StreamInfo) {
		u.Reserved += max(si.Config.MaxBytes, 0)
		u.Stored += int64(si.State.Bytes)
	})
	return u, err
}

// sizes are those of the file streams that have been made, by name.
func (b *Bus) sizes(ctx context.Context, all []jetstream.StreamConfig) (map[string]int64, error) {
	have := map[string]int64{}
	err := b.eachFile(ctx, all, func(si *jetstream.StreamInfo) { have[si.Config.Name] = si.Config.MaxBytes })
	return have, err
}

func (b *Bus) eachFile(ctx context.Context, all []jetstream.StreamConfig, see func(*jetstream.StreamInfo)) error {
	for _, c := range all {
		if c.Storage != jetstream.FileStorage {
			continue
		}
		si, err := b.streamInfo(ctx, c.Name)
		if errors.Is(err, ErrNoStream) {
			continue
		}
		if err != nil {
			return err
		}
		see(si)
	}
	return nil
}

// fit brings the file streams down to what may be stored, all by one factor, but for
// those that are there: they keep their size, or grow where they may. A log that was
// restored has the sizes of where it comes from.
func fit(all []jetstream.StreamConfig, have map[string]int64, grow bool, allowed int64) {
	kept := map[string]bool{}
	for {
		free, declared := allowed, int64(0)
		for _, c := range all {
			switch {
			case c.Storage != jetstream.FileStorage:
			case kept[c.Name]:
				free -= have[c.Name]
			default:
				declared += c.MaxBytes
			}
		}
		factor := min(1, float64(max(free, 0))/float64(max(declared, 1)))
		if !keep(all, have, grow, factor, kept) {
			resize(all, have, kept, factor)
			return
		}
	}
}

// keep finds those that are no smaller than they were to become; it tells whether there
// were any that it did not know of.
func keep(all []jetstream.StreamConfig, have map[string]int64, grow bool, factor float64, kept map[string]bool) (found bool) {
	for _, c := range all {
		size, there := have[c.Name]
		if there && !kept[c.Name] && (!grow || size > scaled(c.MaxBytes, factor)) {
			kept[c.Name], found = true, true
		}
	}
	return found
}

func resize(all []jetstream.StreamConfig, have map[string]int64, kept map[string]bool, factor float64) {
	for i, c := range all {
		switch {
		case c.Storage != jetstream.FileStorage:
		case kept[c.Name]:
			all[i].MaxBytes = have[c.Name]
		default:
			all[i].MaxBytes = scaled(c.MaxBytes, factor)
		}
	}
}

// scaled is a part of a size in whole steps, one at least.
func scaled(size int64, factor float64) int64 {
	return max(sizeStep, int64(float64(size)*factor)/sizeStep*sizeStep)
}

func fileBytes(all []jetstream.StreamConfig) (sum int64) {
	for _, c := range all {
		if c.Storage == jetstream.FileStorage {
			sum += c.MaxBytes
		}
	}
	return sum
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
