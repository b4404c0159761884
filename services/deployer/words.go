package deployer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"slipway.dev/events"
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
func hash32(s string) uint32 { return fnv(fnvBasis, s) }

// FNV-1a, 32 bits.
const (
	fnvBasis = 2166136261
	fnvPrime = 16777619
)

// fnv goes on with a hash: fnv(fnv(basis, a), b) is the hash of a and b together.
func fnv(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * fnvPrime
	}
	return h
}

func digest12(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:6])
}

func resourceWords(r events.Resources) string {
	return fmt.Sprintf("cpu %dm and memory %s", r.CPUMilli, bytesWords(r.MemoryBytes))
}

// bytesWords writes bytes in the largest whole unit: 512Mi.
func bytesWords(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "Gi"}, {1 << 20, "Mi"}, {1 << 10, "Ki"}} {
		if n >= u.size {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}
