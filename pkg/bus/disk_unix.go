//go:build linux || darwin

package bus

import "syscall"

// freeDisk is the number of bytes an ordinary user may still write under dir.
func freeDisk(dir string) (bytes int64, known bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
