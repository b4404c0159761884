package hands

import (
	"context"
	"errors"
	"fmt"
	"io"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/node/driver"
)

// Objects is where artifacts lie, each under "sha256:" and its digest in hex.
type Objects interface {
	GetObject(ctx context.Context, name string) (io.ReadCloser, error)
}

// Artifacts brings the bytes of an artifact out of the object store, for a driver's Fetch.
func Artifacts(from Objects) func(ctx context.Context, sha256 string) (io.ReadCloser, error) {
	return func(ctx context.Context, sha256 string) (io.ReadCloser, error) {
		body, err := from.GetObject(ctx, "sha256:"+sha256)
		if errors.Is(err, bus.ErrNoObject) {
			return nil, fmt.Errorf("%w: %w", driver.ErrAbsent, err)
		}
		return body, err
	}
}
