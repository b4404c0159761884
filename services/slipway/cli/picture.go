package cli

import (
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
	"slipway.dev/services/slipway/live"
	"slipway.dev/services/slipway/view"
)

// picture is what is on its way, as lines for the terminal: of one app a tree of its
// releases, of several a branch for each.
func (f *follower) picture(over bool) []string {
	t := f.screen(f.Err)
	if len(f.legs) == 1 && f.todo == 0 {
		r := f.rollout(f.legs[0], true)
		r.Over = over
		return r.Lines(t)
	}
	return f.fleet(over).Lines(t)
}

func (f *follower) fleet(over bool) live.Fleet {
	all := live.Fleet{All: len(f.legs) + f.todo, Elapsed: f.Now().Sub(f.began), Over: over}
	byName := slices.SortedFunc(slices.Values(f.legs), func(a, b *leg) int { return strings.Compare(a.App, b.App) })
	for _, l := range byName {
		if l.settled {
			all.Done++
			continue
		}
		all.Apps = append(all.Apps, f.rollout(l, false))
	}
	return all
}

// rollout is one app as it is now; of one among many nothing is measured.
func (f *follower) rollout(l *leg, measured bool) live.Rollout {
	now := f.Now()
	r := live.Rollout{App: l.App, Elapsed: now.Sub(l.since)}
	status, ok := f.log.Status(l.App, now)
	if !ok || l.Answer == nil {
		return r
	}
	if measured {
		f.log.Measure(&status, f.meter, trafficWindow, now)
		r.Requests, r.Failed, r.Counted = l.count(f.meter)
	}
	r.Release, r.State = l.Release, status.Reason
	if l.Release != 0 {
		f.way(&r, l, now)
	}
	if status.Rollout != nil && status.Rollout.Release == r.Release {
		r.Waits = status.Rollout.Missing
	}
	for _, x := range status.Releases {
		if x.Release == r.Release {
			r.Want, r.Measured = x.Want, x.Measured
		}
		r.Releases = append(r.Releases, branch(x, status.Current, r, now))
	}
	return r
}

// count is what was asked of the app since the leg began, or its release was planned.
func (l *leg) count(m *view.Meter) (requests, failed int64, ok bool) {
	if l.tally == nil || l.counted != l.Release {
		l.tally, l.counted = view.NewTally(l.App, l.since), l.Release
	}
	return l.tally.Count(m)
}

// way tells how its release is made.
func (f *follower) way(r *live.Rollout, l *leg, now time.Time) {
	w := f.log.Way(l.App, r.Release, now)
	r.Strategy, r.State, r.Step, r.Of, r.Steps, r.Why = w.Strategy, w.Phase, w.Step, w.Of, w.Steps, w.Why
	if w.Live && w.Planned.Before(l.since) { // it was on its way before anybody looked
		l.since = w.Planned
	}
	r.Elapsed = now.Sub(l.since)
	if !w.Until.IsZero() {
		r.Gate = w.Until.Sub(now)
	}
	if !w.Deadline.IsZero() {
		r.Left = w.Deadline.Sub(now)
	}
	if w.Failure != nil {
		r.Trouble = troubleWords(w.Failure)
	}
	for _, j := range w.Judged {
		r.Checks = append(r.Checks, live.Check{Words: j.Words, Verdict: j.Verdict})
	}
	for _, next := range nextSteps(l.App, w) {
		r.Next = append(r.Next, f.aimed(next))
	}
}

// lastWords of an instance that failed are so many lines.
const lastWords = 3

// troubleWords are how an instance ended, with its last words.
func troubleWords(fail *deployer.Failure) string {
	words, tail := exitWords(fail), fail.Tail
	if len(tail) == 0 {
		return words
	}
	return words + ": " + strings.Join(tail[max(len(tail)-lastWords, 0):], " | ")
}

// nextSteps are what a person may do for a release that stands still until one does.
func nextSteps(app string, w view.Way) []string {
	if w.Phase != deployer.PhasePaused || !w.Until.IsZero() {
		return nil
	}
	verb := "resume"
	if w.Pause == "approval" {
		verb = "promote"
	}
	return []string{"slipway " + verb + " " + app, "slipway abort " + app}
}

// branch is a release beside the others of its app.
func branch(x view.Release, stable int, r live.Rollout, now time.Time) live.Release {
	b := live.Release{
		Number: x.Release, Version: x.Version, Role: role(x, stable, r),
		Live: x.Release == r.Release, Errors: x.ErrorShare, P99: x.P99Ms,
	}
	for _, m := range x.Instances {
		b.Instances = append(b.Instances, live.Instance{ID: m.ID, Node: m.Node, State: m.State, Reason: m.Reason, For: now.Sub(m.Since.Time)})
	}
	return b
}

// role is what a release is to the others.
func role(x view.Release, stable int, r live.Rollout) string {
	switch {
	case x.Release == stable:
		return "stable"
	case x.Release == r.Release && r.Strategy == events.Canary:
		return "canary"
	case x.Release == r.Release:
		return "new"
	case x.State == deployer.PhaseWarm:
		return "warm"
	}
	return "old"
}
