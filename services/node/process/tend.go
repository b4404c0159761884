package process

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

const (
	// sampleEvery is how often a keeper looks at a workload with a memory limit, and at its logs. Where there is no such
	// limit, processes are walked at each driver.UseEvery only: that costs, and forks that get out of hand stay.
	sampleEvery = time.Second
	// samplesOver in a row end it: one or two may be a garbage collector at work.
	samplesOver = 3
)

// tend looks after a running workload until the keeper exits.
func (k *keeper) tend(signals <-chan os.Signal) {
	slot := slotOf(time.Now())
	for tick := time.Tick(sampleEvery); ; {
		select {
		case s := <-signals:
			if s == unix.SIGTERM || s == unix.SIGINT {
				k.pass(s.(syscall.Signal))
			}
		case now := <-tick:
			for _, s := range streams {
				if err := rotate(k.folder.log(s), k.order.LogSize); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
			}
			next := slotOf(now)
			if k.order.Memory > 0 || next != slot {
				k.sample(next != slot)
			}
			slot = next
		}
	}
}

// pass hands a signal on to the main process: whoever asks the keeper politely means the workload.
func (k *keeper) pass(s syscall.Signal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.main > 0 {
		unix.Kill(k.main, s)
	}
}

// sample counts processes, memory and processor time, reaps adopted orphans, and kills what is over its limit for too long.
func (k *keeper) sample(tell bool) {
	var count int
	var bytes int64
	self := os.Getpid()
	tree, root, err := readTree(self, k.used.known())
	for _, p := range tree {
		if p.dead() {
			k.reap(p.PID, p.Parent == self)
			continue
		}
		count++
		bytes += p.Pages * int64(os.Getpagesize())
	}
	if err == nil && count > 0 {
		k.used.note(tree, root, bytes, tell)
	}
	if limit := k.order.Memory; limit > 0 {
		k.judge(driver.ReasonMemory, bytes > limit, fmt.Sprintf("%d MiB > %d MiB", bytes>>20, limit>>20))
	}
	k.judge(driver.ReasonPids, count > k.order.Pids, fmt.Sprintf("%d > %d", count, k.order.Pids))
}

// reap leaves the main process to the thread that waits for it.
func (k *keeper) reap(pid int, mine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if mine && k.main > 0 && pid != k.main {
		unix.Wait4(pid, nil, unix.WNOHANG, nil)
	}
}

func (k *keeper) judge(what string, over bool, numbers string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !over {
		k.over[what] = 0
		return
	}
	k.over[what]++
	if k.over[what] >= samplesOver && k.main > 0 {
		k.reason = what + ": " + numbers
		unix.Kill(-k.main, unix.SIGKILL)
	}
}
