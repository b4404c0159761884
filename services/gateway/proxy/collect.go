package proxy

import (
	"os"
	"runtime/debug"
)

// collectPercent is how much the heap of a gateway may grow beyond what is alive before
// it is swept. A data path keeps little alive and throws much away: at Go's own 100 a
// tenth of its processor time is the collector's.
const collectPercent = 400

// CollectLess makes this process, whose main work is a proxy, sweep its heap less often.
// Whoever sets GOGC is obeyed; GOMEMLIMIT bounds the heap as ever.
func CollectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectPercent)
	}
}
