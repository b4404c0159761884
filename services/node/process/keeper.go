package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

// Keep is the command `slipway keep`; main calls it before anything else is set up, with the words after "keep", and exits
// with what it returns. `keep <dir>` keeps the instance of that folder; `keep run <dir> <path> <argv…>` becomes a command
// inside it (an exec check).
func Keep(args []string) int {
	// The parent-death signal of the workload fires when the thread that forked it ends, so this goroutine keeps its thread.
	runtime.LockOSThread()
	switch {
	case len(args) == 1:
		return keep(folder(args[0]))
	case len(args) > 3 && args[0] == "run":
		return enter(folder(args[1]), args[2], args[3:])
	}
	fmt.Fprintln(os.Stderr, "usage: slipway keep DIR | slipway keep run DIR PATH ARGV...")
	return 2
}

func keep(f folder) int {
	// One instance costs one keeper: a small heap and one processor are all it needs.
	debug.SetGCPercent(10)
	runtime.GOMAXPROCS(1)
	lock, err := f.lock()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer lock.Close()
	o, err := readJSON[order](f.path("order.json"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if last, _ := readJSON[exit](f.path("exit.json")); last != nil && last.Try == o.Try {
		return 0 // a second keeper, launched around a crash of the agent, after the first one's whole life
	}
	k := &keeper{folder: f, order: o, began: time.Now(), over: map[string]int{}, used: openUse(f, o.Try)}
	e := k.run()
	k.used.close()
	if err := writeJSON(f.path("exit.json"), e); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type keeper struct {
	folder folder
	order  *order
	began  time.Time
	used   *useLog

	mu     sync.Mutex
	main   int            // pid while it may be signalled: from its start until just before it is reaped
	reason string         // why the keeper killed it
	over   map[string]int // limit → samples in a row beyond it
}

// run starts the workload, waits for its end and for the end of all it started.
func (k *keeper) run() exit {
	if _, err := os.Stat(k.order.Mark); err == nil {
		return k.failed(&driver.Fault{Reason: driver.ErrStopped.Error(), Unmendable: true})
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return k.failed(fmt.Errorf("adopt orphans: %w", err))
	}
	warnings, err := confine(k.order.Files)
	if err != nil {
		return k.failed(err)
	}
	// Taken, not ignored: an ignored signal would be ignored by the workload too.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	pid, from, err := k.launch()
	if err != nil {
		return k.failed(err)
	}
	k.main = pid
	if err := k.record(pid, from, warnings); err != nil {
		unix.Kill(-pid, unix.SIGKILL)
		k.end(pid)
		return k.failed(err)
	}
	go k.tend(signals)
	return k.end(pid)
}

func (k *keeper) record(pid int, from map[string]int64, warnings []string) error {
	self, err := identify(os.Getpid())
	if err != nil {
		return err
	}
	main, err := identify(pid)
	if err != nil {
		return err
	}
	return writeJSON(k.folder.path("running.json"), running{
		Try: k.order.Try, Boot: bootID(), Keeper: self, Main: main, At: k.began, Warnings: warnings, LogFrom: from,
	})
}

// end waits without reaping: until the group is killed the pid of its leader must not go to somebody else.
func (k *keeper) end(pid int) exit {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	ended := time.Now()
	k.mu.Lock()
	k.main = 0
	unix.Kill(-pid, unix.SIGKILL)
	reason, oom := k.reason, k.over[driver.ReasonMemory] >= samplesOver
	k.mu.Unlock()
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &status, 0, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	e := exit{Try: k.order.Try, Code: status.ExitStatus(), Reason: reason, OOM: oom, Began: k.began, Ended: ended}
	if status.Signaled() {
		e.Signal = signalName(status.Signal())
	}
	if left := killDescendants(killTime); left > 0 {
		e.Reason += fmt.Sprintf("; %d processes do not end", left)
	}
	return e
}

func (k *keeper) failed(err error) exit {
	now := time.Now()
	return exit{
		Try: k.order.Try, Code: -1, Reason: err.Error(), NotStarted: true, Unmendable: driver.IsFinal(err),
		Began: k.began, Ended: now,
	}
}

// killTime bounds the wait for killed processes; one that sits in the kernel longer is reported.
const killTime = 5 * time.Second

// killDescendants kills and reaps until nothing is left, and tells how many would not end.
func killDescendants(within time.Duration) (left int) {
	for deadline := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
		all := descendants(os.Getpid())
		for _, pid := range all {
			unix.Kill(pid, unix.SIGKILL)
		}
		for {
			if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != nil || pid <= 0 {
				break
			}
		}
		if len(all) == 0 || time.Now().After(deadline) {
			return len(all)
		}
	}
}

func signalName(s syscall.Signal) string {
	name := unix.SignalName(s)
	if len(name) > 3 {
		return name[3:] // without SIG
	}
	return fmt.Sprint(int(s))
}
