package process

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sweep kills what a killed keeper could not: descendants that outlived the main process. It tells how many would not end.
func sweep(f folder, id string, r running) (left int) {
	if r.Boot != bootID() {
		return 0
	}
	for deadline := time.Now().Add(killTime); ; time.Sleep(pace) {
		left = 0
		for _, pid := range pids() {
			left += kill(f, id, r, pid)
		}
		if left == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

// kill signals pid if it is proven ours: started with our variable, after the main process, and still in its session or
// group or with a descriptor or directory inside our folder. It returns 1 if so.
func kill(f folder, id string, r running, pid int) int {
	s, err := readStat(pid)
	if err != nil || s.dead() || s.Start < r.Main.Start || !names(pid, id) {
		return 0
	}
	if s.Session != r.Keeper.PID && s.Group != r.Main.PID && !inside(f, pid) {
		return 0
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	if again, err := readStat(pid); err != nil || again.Start != s.Start {
		return 0
	}
	unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	return 1
}

// inside tells whether a process works or writes in our folder.
func inside(f folder, pid int) bool {
	for _, link := range []string{"cwd", "fd/1", "fd/2"} {
		to, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/" + link)
		if err == nil && strings.HasPrefix(to, string(f)+"/") {
			return true
		}
	}
	return false
}
