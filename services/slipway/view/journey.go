package view

import (
	"strings"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// Goal is what a verb waits for.
type Goal int

// Goals of a journey, from the nearest to the farthest.
const (
	Answered  Goal = iota // the wish has its fact
	PausedToo             // promoted, or standing still for a person
	Promoted              // the release is the stable one
	Completed             // its way is over
)

// Journey is a wish on its way through the log: from the fact that answers it to the
// end of the release it led to. Feed it every fact after the log has folded it.
type Journey struct {
	App  string
	Wish events.Position // zero: nothing was wished, a release is watched
	ID   string          // of the wish: the correlation of what follows
	Goal Goal
	Back bool // it leads to an earlier release, also where another one is aborted for it

	Answer      *events.Event    // the fact that answers the wish
	Reasons     []events.Refusal // why it was refused; nil unless it was
	Declaration int
	Release     int
	Retiring    bool
	Outcome     string // in the words of documents; "" while it is on its way
	By          int    // the declaration that took its place

	flipped bool // a warm release was made the stable one
}

// Done tells whether it has come to its goal or to its end.
func (j *Journey) Done() bool {
	return j.Outcome != "" || j.Goal == Answered && j.Answer != nil
}

// Watching is the journey of what an app is on its way to now; ok is false if it is
// on its way to nothing.
func (l *Log) Watching(app string, goal Goal) (j *Journey, ok bool) {
	a, _ := l.App(app)
	switch {
	case a == nil:
		return nil, false
	case a.Retired && len(a.Instances) > 0:
		return &Journey{App: app, Goal: goal, Retiring: true, Answer: &events.Event{}}, true
	case a.Live != 0:
		return &Journey{App: app, Goal: goal, Release: a.Live, Answer: &events.Event{}}, true
	case a.Pending != nil && !a.Retired:
		return &Journey{App: app, Goal: goal, Declaration: a.Pending.Number, Answer: &events.Event{}}, true
	}
	return nil, false
}

// Hear takes one fact that the log has folded.
func (j *Journey) Hear(l *Log, e events.Event) {
	if j.Done() || e.App != j.App {
		return
	}
	if j.Answer == nil && !j.Wish.IsZero() && e.Wish == j.Wish {
		j.answered(e)
	}
	if j.Answer == nil || j.Outcome != "" {
		return
	}
	switch {
	case j.Retiring:
		if a, _ := l.state(j.App); a.Retired && len(a.Instances) == 0 {
			j.Outcome = "retired"
		}
	case j.Release != 0:
		j.release(e)
	case j.Declaration != 0:
		j.declaration(e)
	default:
		j.flip(e)
	}
}

func (j *Journey) answered(e events.Event) {
	j.Answer = &e
	if happened := e.Kind.Happened; happened == "refused" || strings.HasSuffix(happened, "-refused") {
		j.Outcome, j.Reasons = "refused", refusalsOf(e)
		return
	}
	switch d := e.Data.(type) {
	case events.AppDeclared:
		j.Declaration = d.Declaration
	case events.AppRetired:
		j.Retiring = true
	case events.ReleasePlanned:
		j.Release = d.Release
	case events.ReleaseResumed:
		j.Release = d.Release
	case events.ReleaseAborted:
		if !j.Back {
			j.Release = d.Release
		}
	case events.ReleasePaused:
		j.Release, j.Outcome = d.Release, "paused"
	}
}

// refusalsOf are the reasons of a refusal, word and sentence each.
func refusalsOf(e events.Event) []events.Refusal {
	switch d := e.Data.(type) {
	case events.ReleaseRefused:
		list := append([]events.Refusal(nil), d.Reasons...)
		for i := range list {
			list[i].Code = strings.TrimSuffix(list[i].Code, ":")
		}
		return list
	case events.RollbackRefused:
		return []events.Refusal{{Code: d.Cause, Text: e.Reason}}
	}
	return []events.Refusal{{Code: e.Kind.Happened, Text: e.Reason}}
}

// declaration waits for what becomes of a declaration.
func (j *Journey) declaration(e events.Event) {
	switch d := e.Data.(type) {
	case events.ReleasePlanned:
		switch {
		case d.Declaration == j.Declaration:
			j.Release = d.Release
		case d.Declaration > j.Declaration:
			j.overtaken(d.Declaration)
		}
	case events.ReleasePromoted:
		j.flipped = j.flipped || j.ID != "" && e.Correlation == j.ID
	case events.ReleaseUnchanged:
		if d.Declaration >= j.Declaration {
			j.unchanged(d)
		}
	case events.ReleaseRefused:
		if e.Wish.IsZero() {
			j.Release, j.Outcome, j.Reasons, j.Answer = d.Release, "refused", refusalsOf(e), &e
		}
	case events.AppRetired:
		j.overtaken(0)
	}
}

func (j *Journey) unchanged(d events.ReleaseUnchanged) {
	if d.Declaration > j.Declaration {
		j.overtaken(d.Declaration)
		return
	}
	j.Release, j.Outcome = d.Release, "unchanged"
	if j.flipped {
		j.Outcome = "promoted"
	}
}

func (j *Journey) overtaken(by int) { j.Outcome, j.By = "superseded", by }

// flip waits for the release that a warm return made the stable one.
func (j *Journey) flip(e events.Event) {
	switch d := e.Data.(type) {
	case events.ReleasePromoted:
		j.Release, j.Outcome = d.Release, "promoted"
	case events.ReleaseStranded:
		j.Release, j.Outcome = d.Release, "failed"
	case events.AppRetired:
		j.overtaken(0)
	}
}

// release waits for the end of a release.
func (j *Journey) release(e events.Event) {
	n, ok := e.Data.(interface{ Number() int })
	if !ok || e.Kind.Entity != "release" || n.Number() != j.Release {
		return
	}
	switch d := e.Data.(type) {
	case events.ReleasePaused:
		if j.Goal == PausedToo && d.Until.IsZero() {
			j.Outcome = "paused"
		}
	case events.ReleasePromoted:
		if j.Goal <= Promoted {
			j.Outcome = "promoted"
		}
	case events.ReleaseCompleted:
		j.Outcome = "promoted"
	case events.ReleaseSuperseded:
		j.overtaken(d.By)
	case events.ReleaseStranded:
		j.Outcome = "failed"
	case events.ReleaseRolledBack:
		j.Outcome = "rolled-back"
	}
}

// Settle corrects an outcome by what the log knows: a person aborted it.
func (j *Journey) Settle(l *Log) {
	if j.Outcome == "rolled-back" && l.Current(j.App, j.Release).Aborted == deployer.ByOperator {
		j.Outcome = "aborted"
	}
}
