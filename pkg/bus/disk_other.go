//go:build !linux && !darwin

package bus

// freeDisk is not known here.
func freeDisk(string) (bytes int64, known bool) { return 0, false }
