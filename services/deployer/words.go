package deployer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/services/deployer/inventory"
)

func itoa(n int) string { return strconv.Itoa(n) }

func orWords(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func orInt(n, otherwise int64) int64 {
	if n == 0 {
		return otherwise
	}
	return n
}

// hash32 spreads names evenly: jitter and ties, the same for every copy.
func hash32(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

func digest12(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:6])
}

func resourceWords(r events.Resources) string {
	return fmt.Sprintf("cpu %dm and memory %s", r.CPUMilli, inventory.BytesWords(r.MemoryBytes))
}
