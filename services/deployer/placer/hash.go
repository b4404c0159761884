package placer

// FNV-1a, 32 bits. The hash of a node goes on with the hash of an instance, which
// hash/fnv can not without an allocation for each of thousands of nodes.
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
