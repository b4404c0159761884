package e2e

import (
	"testing"

	"slipway.dev/services/slipway/load"
)

// Lossless fails the test if a request failed, or if nothing was sent.
func Lossless(t testing.TB, c load.Counts) {
	t.Helper()
	t.Log(c)
	switch {
	case c.Failed > 0:
		t.Errorf("%d of %d requests failed", c.Failed, c.Sent)
	case c.OK == 0:
		t.Error("no request was sent")
	}
}
