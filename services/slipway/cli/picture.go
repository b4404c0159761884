package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

const detaches = "^C detaches, the release continues"

// picture is the tree of what is on its way: of one app a head and a line for each
// instance of each release, of several a branch for each app.
func (f *follower) picture() []string {
	if len(f.legs)+f.todo == 1 && len(f.legs) == 1 {
		return f.whole(f.legs[0])
	}
	return f.branches()
}

// branchMax apps are painted, so that the picture fits a terminal; those that are over
// make room for the others.
const branchMax = 16

// branches is a line for each app.
func (f *follower) branches() []string {
	over, left := 0, []string(nil)
	byName := slices.SortedFunc(slices.Values(f.legs), func(a, b *leg) int { return strings.Compare(a.App, b.App) })
	for _, l := range byName {
		if l.settled {
			over++
			continue
		}
		left = append(left, f.branch(l))
	}
	lines := []string{fmt.Sprintf("%d of %d apps done  %s", over, len(f.legs)+f.todo, elapsed(f.Now().Sub(f.began)))}
	for i, words := range left[:min(len(left), branchMax)] {
		stem := "├─ "
		if i == len(left)-1 {
			stem = "└─ "
		}
		lines = append(lines, stem+words)
	}
	if more := len(left) - branchMax; more > 0 {
		lines = append(lines, fmt.Sprintf("└─ and %d more", more))
	}
	return append(lines, detaches)
}

func (f *follower) branch(l *leg) string {
	a, ok := f.log.Status(l.App, f.Now())
	if !ok {
		return f.unanswered(l)
	}
	return fmt.Sprintf("%s  %d/%d ready", f.head(l, a), a.Replicas.Ready, a.Replicas.Want)
}

func (f *follower) unanswered(l *leg) string {
	return l.App + "  wished, no answer yet   " + elapsed(f.Now().Sub(l.began))
}

func (f *follower) whole(l *leg) []string {
	a, ok := f.log.Status(l.App, f.Now())
	if !ok {
		return []string{f.unanswered(l)}
	}
	lines := []string{f.head(l, a)}
	for i, r := range a.Releases {
		branch, stem := "├─", "│ "
		if i == len(a.Releases)-1 {
			branch, stem = "└─", "  "
		}
		ready := 0
		for _, m := range r.Instances {
			if m.State == "ready" {
				ready++
			}
		}
		lines = append(lines, fmt.Sprintf("%s %d %s  %s  %d/%d ready   %s", branch, r.Release, r.Version, r.State, ready, len(r.Instances), output.Percent(r.Want)))
		for _, m := range r.Instances {
			lines = append(lines, fmt.Sprintf("%s    %s  %s  %s %s %s", stem, m.ID, orDash(m.Node), m.State, output.Age(f.Now().Sub(m.Since.Time)), m.Reason))
		}
	}
	return append(lines, detaches)
}

func (f *follower) head(l *leg, a view.App) string {
	words := []string{a.App}
	if a.Rollout != nil {
		words = append(words, fmt.Sprintf("release %d", a.Rollout.Release), "wanted "+output.Percent(a.Rollout.Want))
	}
	return strings.Join(append(words, a.State, elapsed(f.Now().Sub(l.began))), "  ")
}

// elapsed is how long somebody has been waiting: 0:41.
func elapsed(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
