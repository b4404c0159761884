package process

import "time"

// tick is the unit of processor time in stat: USER_HZ, 100 a second wherever Go runs on Linux.
const tick = time.Second / 100

// reading is one process of a tree.
type reading struct {
	PID int
	stat
}

// readTree reads a process's descendants, parents first, and itself at the end: who is gone when it is read has most likely
// been waited for by then. Known are those of the tree before: one that changes parents during the walk is passed over by
// it, and is not to be taken for gone.
func readTree(root int, known []identity) (tree []reading, self stat, err error) {
	met := map[int]bool{}
	for _, pid := range descendants(root) {
		if s, err := readStat(pid); err == nil && !met[pid] {
			tree = append(tree, reading{pid, s})
			met[pid] = true
		}
	}
	for _, i := range known {
		if s, err := readStat(i.PID); err == nil && s.Start == i.Start && !met[i.PID] {
			tree = append(tree, reading{i.PID, s})
		}
	}
	self, err = readStat(root)
	return tree, self, err
}

// ledger adds up the processor time of a tree whose processes come and go. What a process has used is its own time and that
// of the children it has waited for; a child that nobody waits for (its parent ignores SIGCHLD) takes its time along, so
// what was last seen of it is put to its parent's account. One that comes and goes unseen and is not waited for is missed.
type ledger struct {
	entries map[int]*spent // by pid
	order   []identity     // of the tree before, parents first
	root    spent
	total   uint64 // ticks, the most there ever were
}

func newLedger() *ledger { return &ledger{entries: map[int]*spent{}} }

// spent is what one process has used, in ticks.
type spent struct {
	parent int
	own    uint64
	waited uint64 // of children that ended and were waited for, as the kernel counts
	gone   uint64 // of children that ended, as last seen
}

// used takes the larger: a child that ended is in both, or in one while its parent has not got round to waiting for it.
func (e *spent) used() uint64 { return e.own + max(e.waited, e.gone) }

func (e *spent) read(s stat) {
	e.parent, e.own, e.waited = s.Parent, s.Own, s.Waited
}

// fold takes a tree down as it is now; one of the same pid that began at another time is another process. The root's own time is the keeper's, not the workload's.
func (l *ledger) fold(tree []reading, root stat) time.Duration {
	now := make(map[int]uint64, len(tree))
	for _, p := range tree {
		now[p.PID] = p.Start
	}
	for i := len(l.order) - 1; i >= 0; i-- { // children first: theirs goes to a parent that is gone too, and on with it
		was := l.order[i]
		if start, there := now[was.PID]; !there || start != was.Start {
			l.bequeath(was.PID)
		}
	}
	l.root.waited, l.order = root.Waited, nil
	sum := l.root.used()
	for _, p := range tree {
		e := l.entries[p.PID]
		if e == nil {
			e = &spent{}
			l.entries[p.PID] = e
		}
		e.read(p.stat)
		sum += e.used()
		l.order = append(l.order, identity{p.PID, p.Start})
	}
	l.total = max(l.total, sum)
	return time.Duration(l.total) * tick
}

// bequeath puts what a process used that is gone to its parent's account.
func (l *ledger) bequeath(pid int) {
	e := l.entries[pid]
	heir := l.entries[e.parent]
	if heir == nil {
		heir = &l.root
	}
	heir.gone += e.used()
	delete(l.entries, pid)
}
