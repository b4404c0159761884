package process

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Limits where the app file writes none, and the least a keeper can work with.
const (
	filesDefault = 65536
	filesMin     = 64
	pidsDefault  = 4096
)

// confine bounds the calling process, and through it what the calling thread starts. The thread must be locked: new
// privileges are given up thread by thread. RLIMIT_NPROC is left alone (it counts per user), RLIMIT_AS too (it breaks
// runtimes that reserve address space).
func confine(files int) (warnings []string, err error) {
	unix.Umask(0o022)
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("give up new privileges: %w", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return nil, fmt.Errorf("limit core dumps: %w", err)
	}
	want := uint64(max(files, filesMin))
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: want, Max: want}) == nil {
		return nil, nil
	}
	var have syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		return nil, fmt.Errorf("read limit of open files: %w", err)
	}
	have.Cur = have.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		return nil, fmt.Errorf("limit open files: %w", err)
	}
	return []string{fmt.Sprintf("limits.files: %d instead of %d, this node's own hard limit", have.Max, want)}, nil
}
