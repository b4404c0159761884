package e2e

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

var binary struct {
	once   sync.Once
	folder string
	err    error
	output []byte
}

// Binary builds slipway once and returns its path.
func Binary(t testing.TB) string {
	t.Helper()
	b := &binary
	b.once.Do(func() {
		_, here, _, _ := runtime.Caller(0)
		if b.folder, b.err = os.MkdirTemp("", "slipway-e2e-"); b.err != nil {
			return
		}
		build := exec.Command("go", "build", "-o", filepath.Join(b.folder, "slipway"), ".")
		build.Dir = filepath.Dir(filepath.Dir(here))
		b.output, b.err = build.CombinedOutput()
	})
	if b.err != nil {
		t.Fatalf("build slipway: %v\n%s", b.err, b.output)
	}
	return filepath.Join(b.folder, "slipway")
}

// atOnce is how many of the tests that wait most of their time run side by side where go
// test's own measure, the processors, would be fewer: each needs a third of one.
const atOnce = 3

// Main runs a package's tests and removes the binary; TestMain calls it.
func Main(m *testing.M) {
	if runtime.GOMAXPROCS(0) < atOnce {
		flag.Set("test.parallel", strconv.Itoa(atOnce)) // what the command line says comes after and wins
	}
	code := m.Run()
	if binary.folder != "" {
		os.RemoveAll(binary.folder)
	}
	os.Exit(code)
}
