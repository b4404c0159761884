package process

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

// of is a process as read: who it is, whose child, its own ticks and those it waited for.
func of(pid int, start uint64, parent int, own, waited uint64) reading {
	return reading{pid, stat{State: 'S', Parent: parent, Start: start, Own: own, Waited: waited}}
}

const root = 1

func TestTheLedgerNeverFallsAndCountsOnce(t *testing.T) {
	type look struct {
		tree   []reading
		waited uint64 // by the root
		want   uint64
	}
	for name, looks := range map[string][]look{
		"a child that was waited for is its parent's": {
			{[]reading{of(10, 1, root, 5, 0), of(11, 2, 10, 7, 0)}, 0, 12},
			{[]reading{of(10, 1, root, 6, 9)}, 0, 15},
		},
		"a child that ended and is not waited for yet counts once": {
			{[]reading{of(10, 1, root, 5, 0), of(11, 2, 10, 7, 0)}, 0, 12},
			{[]reading{of(10, 1, root, 5, 0)}, 0, 12},
			{[]reading{of(10, 1, root, 5, 8)}, 0, 13},
		},
		"a child nobody waits for is kept as last seen": {
			{[]reading{of(10, 1, root, 5, 0), of(11, 2, 10, 7, 0)}, 0, 12},
			{[]reading{of(10, 1, root, 6, 0), of(12, 3, 10, 2, 0)}, 0, 15},
			{[]reading{of(10, 1, root, 6, 0)}, 0, 15},
		},
		"children that came and went unseen are in what was waited for": {
			{[]reading{of(10, 1, root, 5, 100), of(11, 2, 10, 5, 0)}, 0, 110},
			{[]reading{of(10, 1, root, 5, 100)}, 0, 110}, // not waited for yet: it does not fall
			{[]reading{of(10, 1, root, 5, 106)}, 0, 111},
		},
		"an orphan goes to the keeper, with what its children used": {
			{[]reading{of(10, 1, root, 1, 0), of(11, 2, 10, 3, 0), of(12, 3, 11, 4, 0)}, 0, 8},
			{[]reading{of(10, 1, root, 1, 3), of(12, 3, root, 6, 0)}, 0, 10},
			{[]reading{of(10, 1, root, 1, 3)}, 7, 11},
		},
		"a whole branch that ended at once": {
			{[]reading{of(10, 1, root, 1, 0), of(11, 2, 10, 3, 0), of(12, 3, 11, 4, 0)}, 0, 8},
			{nil, 0, 8},
			{nil, 9, 9},
		},
		"another process of the same pid is another one": {
			{[]reading{of(10, 1, root, 1, 0), of(11, 2, 10, 50, 0)}, 0, 51},
			{[]reading{of(10, 1, root, 1, 50), of(11, 9, 10, 2, 0)}, 0, 53},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			for i, x := range looks {
				if got := uint64(l.fold(x.tree, stat{Waited: x.waited}) / tick); got != x.want {
					t.Errorf("look %d: %d ticks, want %d", i+1, got, x.want)
				}
			}
		})
	}
}

// unseen is what ticks are rounded off by: user and system time of the workload and of what its keeper waited for.
const unseen = 4 * tick

// observability-17: a process forks workers that burn and exit, waited for by it, by the keeper, or by nobody; whatever
// is looked at meanwhile, the counter does not fall, and at the end nothing is missing.
func TestTheProcessorTimeOfWorkersThatExitIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		words []string
		least time.Duration
	}{
		"waited for":     {[]string{"breed=6", "burn=50"}, 350 * time.Millisecond},
		"orphans":        {[]string{"orphans=6", "burn=50"}, 350 * time.Millisecond},
		"nobody's":       {[]string{"childless", "breed=6", "burn=50"}, 120 * time.Millisecond}, // what was seen of each
		"its own, alone": {[]string{"burn=300"}, 300 * time.Millisecond},
	} {
		t.Run("observability-17 "+name, func(t *testing.T) {
			d := fresh(t)
			s := spec("web-7-a1", append(c.words, "write=done", "wait")...)
			start(t, d, s)
			l, err := d.folder(s.ID).look()
			if err != nil || l.Running == nil {
				t.Fatal(l, err)
			}
			ledger, last, looks, there := newLedger(), time.Duration(0), 0, 0
			look := func() time.Duration {
				tree, self, err := readTree(l.Running.Keeper.PID, ledger.order)
				if err != nil {
					t.Fatal(err)
				}
				looks, there = looks+1, len(tree)
				return ledger.fold(tree, self)
			}
			done := filepath.Join(d.folder(s.ID).work(), "done")
			eventually(t, "the workers have ended, and the keeper has waited for what it adopted", func() bool {
				now := look()
				if now < last {
					t.Fatalf("it fell from %s to %s", last, now)
				}
				last = now
				_, err := os.Stat(done)
				return err == nil && there == 1 // who is not waited for yet has ticks of its own to be rounded off
			})
			if last = look(); last < c.least-unseen || last > 3*c.least+time.Second {
				t.Errorf("%s in the end, burnt %s", last, c.least)
			}
			t.Logf("%s after %d looks, burnt at least %s", last, looks, c.least)
		})
	}
}

// What an instance used is told while it runs, whole once it has ended, and the next try goes on from there.
func TestUseIsToldAndGoesOnWithTheNextTry(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "breed=2", "exit=3")
	if _, err := d.Use(s.ID); err != driver.ErrUnknown {
		t.Fatalf("before its start: %v", err)
	}
	ends := watch(t, d)
	start(t, d, s)
	next(t, ends, 10*time.Second)
	first, err := d.Use(s.ID)
	if err != nil || first.Try != 1 || first.CPU < 100*time.Millisecond-unseen || first.MemoryBytes != 0 {
		t.Fatalf("ended: %+v, %v", first, err)
	}
	s.Try, s.Command = 2, append(s.Command[:2:2], "memory=64", "wait")
	start(t, d, s)
	var now driver.Use
	eventually(t, "the second try is told of", func() bool {
		now, err = d.Use(s.ID)
		return err == nil && now.Try == 2
	})
	if now.CPU < first.CPU || now.MemoryBytes < 64<<20 || now.MemoryBytes > 256<<20 {
		t.Errorf("the second try: %+v, the first used %s", now, first.CPU)
	}
}

// A keeper whose clock turns at any moment of a second has looked before the agent asks, on the whole period.
func TestAKeeperLooksBeforeItIsAsked(t *testing.T) {
	whole := time.Unix(1_800_000_000, 0)
	for phase := time.Duration(0); phase < sampleEvery; phase += 10 * time.Millisecond {
		var looks []time.Duration
		slot := slotOf(whole)
		for at := phase; at < driver.UseEvery; at += sampleEvery {
			if next := slotOf(whole.Add(at)); next != slot {
				slot, looks = next, append(looks, at)
			}
		}
		if len(looks) != 1 || looks[0] < driver.UseEvery-useLead || looks[0] >= driver.UseEvery-useLead+sampleEvery {
			t.Errorf("a clock %s into the second looks at %v", phase, looks)
		}
	}
}

// Half a record is none.
func TestATornRecordOfUseIsRefused(t *testing.T) {
	d := fresh(t)
	f := d.folder("web-7-a1")
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		t.Fatal(err)
	}
	b := encodeUse(driver.Use{Try: 1, CPU: time.Second, MemoryBytes: 1 << 20, At: time.Unix(9, 9)})
	for name, bytes := range map[string][]byte{"short": b[:20], "mixed": append([]byte{7}, b[1:]...)} {
		if err := os.WriteFile(f.path("use"), bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		if u, err := d.Use("web-7-a1"); err == nil {
			t.Errorf("%s: read as %+v", name, u)
		}
	}
}
