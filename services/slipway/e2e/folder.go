package e2e

import (
	"os"
	"testing"

	"slipway.dev/pkg/bus"
)

// folder is one for a test that is not for temporary files, since only a development
// server starts in such a one. A test's own clean-ups come first.
func folder(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		return t.TempDir() // dev runs there too
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(cache, "slipway-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	if unsafe := bus.StoreHazards(dir); len(unsafe) > 0 {
		os.Remove(dir)
		t.Skipf("skipped: %s is no place for a log (%v), and a cluster refuses it; set XDG_CACHE_HOME to a folder on a disk", cache, unsafe)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the test's folder: %v", err)
		}
	})
	return dir
}
