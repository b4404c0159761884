package contract

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// sizes of decisions: a single, a chain, a batch.
var sizes = []int{1, 5, events.MaxChain, events.MaxChain + 1, 50, events.MaxAppendEvents}

func sayTwice(t *testing.T, log service.Log) {
	for _, n := range sizes {
		app := fmt.Sprintf("twice-%d", n)
		first := say(t, log, app, 0, Decision(app, 1, n, 1)...)
		if first.Already || first.Stored != n || first.Last.Seq-first.First.Seq != uint64(n-1) {
			t.Fatalf("first append of %d: %+v", n, first)
		}
		second := say(t, log, app, 0, Decision(app, 1, n, 1)...)
		if !second.Already || second.Stored != 0 || second.First != first.First || second.Last != first.Last {
			t.Fatalf("second append of %d: %+v, want already at %+v", n, second, first)
		}
		ids(t, log, app, n)
	}
}

func loseAnswer(t *testing.T, log service.Log) {
	faults, ok := log.(Faults)
	if !ok {
		t.Skip("this log loses no answers")
	}
	for _, n := range sizes {
		app := fmt.Sprintf("lost-%d", n)
		faults.LoseAnswers(1)
		r := say(t, log, app, 0, Decision(app, 1, n, 1)...)
		if single := n == 1 || n > events.MaxChain; r.Already != single {
			t.Fatalf("answer to %d lost: %+v", n, r)
		}
		if r.Last.Seq-r.First.Seq != uint64(n-1) {
			t.Fatalf("answer to %d lost: stored from %s to %s", n, r.First, r.Last)
		}
		ids(t, log, app, n)
		next := say(t, log, app, r.Last.Seq, fact(app, uint64(n+1), 2))
		if next.Stored != 1 {
			t.Fatalf("the next append: %+v", next)
		}
	}
}

// compete lets two writers say different entities under one guard, both behind the
// same fact.
func compete(t *testing.T, log service.Log) {
	logs := [2]service.Log{log, twinOf(t, log)}
	tail, times := uint64(0), roundsFast
	if os.Getenv("SLIPWAY_SOAK") != "" {
		times = rounds
	}
	for round := 1; round <= times; round++ {
		said := [2]events.Event{fact("race", uint64(round), round), retired("race", uint64(round))}
		var results [2]service.Result
		var errs [2]error
		var both sync.WaitGroup
		for i := range said {
			both.Go(func() {
				results[i], errs[i] = logs[i].Append(limit(t), Guard("race"), tail, said[i:i+1])
			})
		}
		both.Wait()
		won := 0
		for i := range said {
			var c *service.ErrConflict
			switch {
			case errs[i] == nil && results[i].Stored == 1:
				won++
				tail = results[i].Last.Seq
			case !errors.As(errs[i], &c):
				t.Fatalf("round %d: writer %d: %+v, %v", round, i, results[i], errs[i])
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d writers were stored, want 1", round, won)
		}
	}
	ids(t, log, "race", times)
}

func movedBefore(t *testing.T, log service.Log) {
	for _, n := range []int{1, 5, 50} {
		app := fmt.Sprintf("before-%d", n)
		twin := say(t, log, app, 0, retired(app, 1))
		c := conflicts(t, log, app, 0, Decision(app, 1, n, 1)...)
		if c.Seen != twin.Last.Seq {
			t.Fatalf("%d events: told to read on to %d, want %d", n, c.Seen, twin.Last.Seq)
		}
		ids(t, log, app, 1)
		say(t, log, app, c.Seen, Decision(app, 2, n, 1)...)
		ids(t, log, app, n+1)
	}
}

func movedMidst(t *testing.T, log service.Log) {
	faults, ok := log.(Faults)
	if !ok {
		t.Skip("this log cannot be interrupted")
	}
	const app = "midst"
	faults.Before(3, func() {
		tail := stored(t, log, app)
		twinSays(t, log, app, tail[len(tail)-1].Pos.Seq, retired(app, 3))
	})
	c := conflicts(t, log, app, 0, Decision(app, 1, 5, 1)...)
	ids(t, log, app, 3)
	say(t, log, app, c.Seen, Decision(app, 4, 3, 1)...)
	ids(t, log, app, 6)
}

func movedAmid(t *testing.T, log service.Log) {
	faults, ok := log.(Faults)
	if !ok {
		t.Skip("this log cannot be interrupted")
	}
	const app, n = "amid", 50
	var twin uint64
	faults.Amid(func() {
		twin = say(t, twinOf(t, log), app, 0, retired(app, 1)).Last.Seq
	})
	c := conflicts(t, log, app, 0, Decision(app, 1, n, 1)...)
	if twin == 0 || c.Seen != twin {
		t.Fatalf("told to read on to %d, the twin's fact stands at %d", c.Seen, twin)
	}
	ids(t, log, app, 1)
	say(t, log, app, c.Seen, Decision(app, 2, n, 1)...)
	ids(t, log, app, n+1)
}

// Twin is a log that another process of the same service writes to: an append of
// its own does not wait for one under way here.
type Twin interface {
	Twin(t *testing.T) service.Log
}

// twinOf is another process's log, or the same where there is none.
func twinOf(t *testing.T, log service.Log) service.Log {
	if with, ok := log.(Twin); ok {
		return with.Twin(t)
	}
	return log
}

func twinSays(t *testing.T, log service.Log, app string, expected uint64, es ...events.Event) {
	say(t, twinOf(t, log), app, expected, es...)
}

func follow(t *testing.T, log service.Log) {
	tail, n := uint64(0), 0
	for _, size := range sizes {
		r := say(t, log, "follow", tail, Decision("follow", uint64(n+1), size, 1)...)
		if r.First.Seq <= tail {
			t.Fatalf("%d events behind %d stand at %s", size, tail, r.First)
		}
		tail, n = r.Last.Seq, n+size
	}
	ids(t, log, "follow", n)
}

func otherGuard(t *testing.T, log service.Log) {
	one := say(t, log, "one", 0, fact("one", 1, 1))
	say(t, log, "two", 0, fact("two", 1, 1))
	say(t, log, "one", one.Last.Seq, fact("one", 2, 1))
	ids(t, log, "one", 2)
	ids(t, log, "two", 1)
}

func conflictTells(t *testing.T, log service.Log) {
	r := say(t, log, "stale", 0, Decision("stale", 1, 20, 1)...)
	if c := conflicts(t, log, "stale", r.First.Seq, fact("stale", 2, 9)); c.Seen != r.Last.Seq {
		t.Fatalf("told to read on to %d, want %d", c.Seen, r.Last.Seq)
	}
	if c := conflicts(t, log, "stale", r.Last.Seq+1000, fact("stale", 21, 1)); c.Seen != r.Last.Seq {
		t.Fatalf("expecting what is not there: told %d, want %d", c.Seen, r.Last.Seq)
	}
	ids(t, log, "stale", 20)
}

func reject(t *testing.T, log service.Log) {
	foreign := fact("reject", 1, 1)
	foreign.ID = strings.Repeat("0", 32)
	unknown := fact("reject", 1, 1)
	unknown.Kind.Happened = "forgotten"
	large := fact("reject", 1, 1)
	large.Data = events.ReleasePaused{OfRelease: events.OfRelease{App: "reject", Release: 1}, Message: strings.Repeat("x", events.MaxBodyBytes)}
	heavy := Decision("reject", 1, 5, 1)
	for i := range heavy {
		heavy[i].Data = events.ReleasePaused{OfRelease: events.OfRelease{App: "reject", Release: 1}, Message: strings.Repeat("x", events.MaxAppendBytes/4)}
	}
	for name, es := range map[string][]events.Event{
		"nothing":                     nil,
		"too many":                    Decision("reject", 1, events.MaxAppendEvents+1, 1),
		"another guard's":             {fact("other", 1, 1)},
		"an id not of its ordinal":    {foreign},
		"a kind nobody knows":         {unknown},
		"a body too large":            {large},
		"a decision too large":        heavy,
		"a good one beside a bad one": {fact("reject", 1, 1), foreign},
	} {
		r, err := log.Append(limit(t), Guard("reject"), 0, es)
		var bad *service.ErrRejected
		if !errors.As(err, &bad) {
			t.Errorf("%s: got %+v, %v; want a rejection", name, r, err)
		}
	}
	ids(t, log, "reject", 0)
}
