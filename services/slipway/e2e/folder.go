package e2e

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"slipway.dev/pkg/bus"
)

// folder is one for a test: where a log may lie, if there is such a place. A test's own
// clean-ups come first.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(place(), "slipway-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the test's folder: %v", err)
		}
	})
	return dir
}

// place is the first of the folders that may be written to which is no place for
// temporary files and on a disk; without any, that of temporary files: a development
// server starts there too. In a container often only the checkout is on a disk.
func place() string {
	_, here, _, _ := runtime.Caller(0)
	places := []string{filepath.Join(filepath.Dir(here), "..", "..", "..", ".slipway")}
	if cache, err := os.UserCacheDir(); err == nil {
		places = append([]string{cache}, places...)
	}
	for _, dir := range places {
		if len(bus.StoreHazards(dir)) == 0 && os.MkdirAll(dir, 0o700) == nil {
			return dir
		}
	}
	return os.TempDir()
}

// lasts skips a test of servers that refuse a place like the one that was found.
func (p *Plane) lasts() {
	p.t.Helper()
	if unsafe := bus.StoreHazards(p.Dir); len(unsafe) > 0 {
		p.t.Skipf("skipped: %s is no place for a log (%v), and a cluster refuses it; set XDG_CACHE_HOME to a folder on a disk", p.Dir, unsafe)
	}
}
