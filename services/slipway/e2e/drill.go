package e2e

import "os"

// Count is how often a drill runs: a tenth of its full count, all of it in a soak.
func Count(full int) int {
	if os.Getenv("SLIPWAY_SOAK") != "" {
		return full
	}
	return max(full/10, 1)
}
