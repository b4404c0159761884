package bus

import (
	"context"
	"fmt"
)

// Inspect compares the streams with what a profile declares and changes nothing. It
// returns one error for each stream that is missing or differs: ErrNoStream, *Drift.
func (b *Bus) Inspect(ctx context.Context, p Profile) (found []error) {
	for _, want := range b.configs(p) {
		si, err := b.streamInfo(ctx, want.Name)
		if err == nil {
			err = whole(si)
		}
		if err == nil {
			inherit(&want, si.Config, false)
			err = refuse(want.Name, compare(want, si.Config).refused)
		}
		if err != nil {
			found = append(found, fmt.Errorf("inspect stream %s: %w", want.Name, err))
		}
	}
	return found
}
