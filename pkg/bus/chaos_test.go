package bus

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway.dev/events"
)

const (
	writesBack   = 10 * time.Second // the promise; an election takes 4 to 9 s
	leaderWriter = 6                // writers under load
	loadBefore   = 20               // decisions of each before the leader ends
)

// servers are three servers that can be ended and started.
type servers interface {
	connect(t *testing.T, name string) *Bus
	end(i int)
	start(t *testing.T, i int)
}

// bus-11: the leader of the log is killed under load; an election has to find out.
func TestLeaderKilled(t *testing.T) {
	told := loseLeader(t, startProcesses(t))
	if told == 0 {
		t.Error("nobody was told to wait while nobody led")
	}
}

// loseLeader ends the server that leads the log while writers write and a reader
// follows, and starts it again: no acknowledged fact is lost, none stands twice,
// writes come back in time, and whoever writes meanwhile is told to wait.
func loseLeader(t *testing.T, c servers) (told int) {
	t.Helper()
	b := c.connect(t, "watcher")
	follower := newChain()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read := follower.follow(ctx, c.connect(t, "follower"))
	ws := startWriters(t, leaderWriter, func(name string) *Bus { return c.connect(t, name) })
	loaded(t, ws)

	name := leader(t, b)
	if name == "" {
		t.Fatal("nobody leads the log")
	}
	at := int(name[0] - 'a')
	c.end(at)
	ended := time.Now()
	awaitWithin(t, 5*writesBack, "writes to come back", func() bool { return ws.allSince(ended) })
	back := time.Since(ended)
	next := ""
	await(t, "another leader", func() bool { next = leader(t, b); return next != "" && next != name })
	c.start(t, at)
	await(t, "the old leader to catch up", func() bool { return current(t, b) == 2 })
	loaded(t, ws)
	ws.end(t)

	head, err := b.Head(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the follower", func() bool { return !head.After(follower.position()) })
	cancel()
	if err := <-read; !errors.Is(err, context.Canceled) {
		t.Errorf("the follower ended with %v", err)
	}
	acked := ws.compare(t, follower)
	ws.compare(t, readWhole(t, b))
	for _, w := range ws.all {
		told += w.waited
		t.Logf("%s: %d acknowledged, told to wait %d times, %s at most", w.app, len(w.acked), w.waited, w.longest)
		if w.longest > 5*events.SayAge {
			t.Errorf("%s waited for %s without an answer", w.app, w.longest)
		}
	}
	t.Logf("%s ended, %s led: writes back after %s, %d facts acknowledged", name, next, back, acked)
	return told
}

// loaded waits until each writer has said some more.
func loaded(t *testing.T, ws *writers) {
	t.Helper()
	for _, w := range ws.all {
		before, _ := w.said()
		await(t, w.app+" to write", func() bool {
			if err := w.broken(); err != nil {
				t.Fatalf("%s was told %v", w.app, err)
			}
			now, _ := w.said()
			return now >= before+loadBefore*w.size
		})
	}
}

// current is how many followers of the log have all of it.
func current(t *testing.T, b *Bus) (n int) {
	si, err := b.streamInfo(limit(t), events.StreamEvents)
	if err != nil || si.Cluster == nil {
		return 0
	}
	for _, r := range si.Cluster.Replicas {
		if r.Current && !r.Offline {
			n++
		}
	}
	return n
}
