package cli

import (
	"fmt"
	"strings"
	"time"

	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// picture is the tree of a release on its way: a head, a line for each instance of
// each release, what is counted.
func (f *follower) picture() []string {
	a, ok := f.log.Status(f.j.App, f.Now())
	if !ok {
		return []string{f.j.App + "  wished, no answer yet   " + elapsed(f.Now().Sub(f.began))}
	}
	lines := []string{f.head(a)}
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
	return append(lines, "^C detaches, the release continues")
}

func (f *follower) head(a view.App) string {
	words := []string{a.App}
	if a.Rollout != nil {
		words = append(words, fmt.Sprintf("release %d", a.Rollout.Release), "wanted "+output.Percent(a.Rollout.Want))
	}
	return strings.Join(append(words, a.State, elapsed(f.Now().Sub(f.began))), "  ")
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
