package plane

import (
	"runtime/debug"
	"testing"
)

func TestCollectPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 64 << 20: 400, 128 << 20: 200, 256 << 20: 100, 4 << 30: 100} {
		if is := collectPercent(live); is != want {
			t.Errorf("%d bytes live: %d %%, want %d", live, is, want)
		}
	}
}

// Once everybody has caught up garbage is collected as before, and nobody's choice is
// overruled meanwhile.
func TestCollectLess(t *testing.T) {
	before := debug.SetGCPercent(collectUsual)
	defer debug.SetGCPercent(before)
	is := func() int {
		now := debug.SetGCPercent(collectUsual)
		debug.SetGCPercent(now)
		return now
	}
	asUsual := collectLess()
	if is() <= collectUsual {
		t.Errorf("%d %% while catching up", is())
	}
	asUsual()
	asUsual()
	if is() != collectUsual {
		t.Errorf("%d %% afterwards", is())
	}
	debug.SetGCPercent(50)
	asUsual = collectLess()
	if is() != 50 {
		t.Errorf("%d %%, want the 50 that were chosen", is())
	}
	asUsual()
}
