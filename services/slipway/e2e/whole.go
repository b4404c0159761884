package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway.dev/events"
)

// Whole fails the test if the log is not what one writer at a time leaves: under each
// guard the ordinals are 1, 2, 3 …, every id is made of guard and ordinal, none stands
// twice, and no try of an instance was started twice.
func Whole(t testing.TB, l *Log) {
	t.Helper()
	l.CatchUp()
	last, ids, tries := map[string]uint64{}, map[string]bool{}, map[string]bool{}
	for _, e := range l.All(nil) {
		guard := e.Guard()
		if e.Ordinal != last[guard]+1 || e.ID != events.ID(guard, e.Ordinal) || ids[e.ID] {
			t.Errorf("%s %s: ordinal %d after %d, id %s, known %t", e.Pos, e.Kind.Name(), e.Ordinal, last[guard], e.ID, ids[e.ID])
		}
		last[guard], ids[e.ID] = e.Ordinal, true
		if s, ok := e.Data.(events.InstanceStarted); ok {
			try := fmt.Sprintf("%s/%s try %d", s.Node, s.Instance, s.Try)
			if tries[try] {
				t.Errorf("%s: %s is started twice", e.Pos, try)
			}
			tries[try] = true
		}
	}
}

// Noted is an app file whose workload writes down each time it is run, before it does
// anything else: what the driver did, not what the log says.
func (p *Plane) Noted(appFile string) string {
	words := "echo $SLIPWAY_INSTANCE >> " + p.runs() + "; exec " + p.binary + " example http --version $SLIPWAY_VERSION"
	_, rest, _ := strings.Cut(appFile, "command: [")
	command, _, _ := strings.Cut(rest, "]")
	return strings.Replace(appFile, "["+command+"]", "[/bin/sh, -c, \""+words+"\"]", 1)
}

func (p *Plane) runs() string { return filepath.Join(p.Dir, "runs") }

// RunOnce fails the test if an instance was run more often than its node meant to: each
// try is said before it is made.
func (p *Plane) RunOnce() {
	p.t.Helper()
	p.Log.CatchUp()
	meant, ran := map[string]int{}, map[string]int{}
	for _, e := range p.Log.All(nil) {
		if s, ok := e.Data.(events.InstanceStarting); ok {
			meant[s.Instance]++
		}
	}
	b, err := os.ReadFile(p.runs())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, id := range strings.Fields(string(b)) {
		ran[id]++
	}
	for id, n := range ran {
		if n > meant[id] {
			p.t.Errorf("%s ran %d times, its node meant it to %d times", id, n, meant[id])
		}
	}
	p.t.Logf("%d instances ran", len(ran))
}
