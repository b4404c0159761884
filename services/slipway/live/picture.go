package live

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"slipway.dev/services/slipway/output"
)

const (
	detaches = "^C detaches, the release continues"
	// proseMax rows are given to a reason: it must not push the rest off the screen.
	proseMax = 3
	// notableMax instances of a release have a row of their own.
	notableMax = 6
	// wideFrom columns on the head stands on one row.
	wideFrom = 100
)

// Lines are the picture of a rollout. Where the terminal is low instances give way
// first.
func (r Rollout) Lines(t Terminal) []string {
	rows := r.rows(t.columns(), notableMax)
	for most := notableMax - 1; most >= 0 && t.tooLow(len(rows)); most-- {
		rows = r.rows(t.columns(), most)
	}
	return t.bounded(rows)
}

func (r Rollout) rows(width, instances int) []row {
	rows, c := r.head(width), r.columns()
	for i, x := range r.Releases {
		rows = append(rows, x.rows(width, i == len(r.Releases)-1, instances, c)...)
	}
	return append(append(rows, r.notes(width)...), r.foot(width)...)
}

// lowest is the height below which a terminal is taken as of unknown height.
const lowest = 3

// tooLow tells whether so many lines are more than fit above the cursor.
func (t Terminal) tooLow(lines int) bool { return t.Height >= lowest && lines > t.Height-1 }

// bounded are the lines of a picture; of one that is higher than the terminal the
// first and the end, where stands what is to be done.
func (t Terminal) bounded(rows []row) []string {
	if t.tooLow(len(rows)) {
		left := len(rows) - (t.Height - 1) + 1
		cut := row{groups: []group{{in(faint, fmt.Sprintf("… %d lines more", left))}}}
		rows = append([]row{rows[0], cut}, rows[1+left:]...)
	}
	return t.paint(rows)
}

// head is what matters first: which release, how far, how it stands, since when.
func (r Rollout) head(width int) []row {
	who := group{in(strong, r.App)}
	if r.Release == 0 {
		return flow(width, span{}, plain(inside), append(who, plain(cmp.Or(r.State, "wished, no answer yet"))), words(clock(r.Elapsed)))
	}
	who = append(who, words("release "+strconv.Itoa(r.Release), r.Strategy, r.step())...)
	state := group(nil)
	if s, ok := stateSpan(r.State); ok && r.Gate <= 0 {
		state = group{s}
	}
	when := words(clock(r.Elapsed), r.remaining())
	if width >= wideFrom {
		return flow(width, span{}, plain(inside), who, state, r.shares(), r.strip(), when)
	}
	rows := flow(width, span{}, plain(inside), who, state, when)
	return append(rows, flow(width, plain(inside), plain(inside), r.shares(), r.strip())...)
}

func (r Rollout) step() string {
	if r.Of < 2 {
		return ""
	}
	return fmt.Sprintf("step %d/%d", r.Step, r.Of)
}

// stateSpan is a state that is not the usual one of a release on its way.
func stateSpan(state string) (s span, ok bool) {
	switch state {
	case "", "progressing":
		return s, false
	case "paused":
		return in(heed, state), true
	case "returning":
		return in(bad, "taken back"), true
	case "promoted", "completed":
		return in(good, state), true
	case "rolled-back", "stranded", "refused", "superseded":
		return in(bad, state), true
	}
	return plain(state), true
}

func (r Rollout) shares() group {
	measured := "-"
	if r.Measured != nil {
		measured = tenths(*r.Measured)
	}
	return words("wanted "+output.Percent(r.Want), pad("measured "+measured, measuredWidth))
}

// strip are the shares of all steps, the present one in brackets.
func (r Rollout) strip() group {
	if len(r.Steps) < 2 {
		return nil
	}
	g := group{plain("steps")}
	for i, share := range r.Steps {
		n := strconv.FormatFloat(share*100, 'f', -1, 64)
		s := in(faint, n)
		switch {
		case i+1 == r.Step:
			s = in(strong, "["+n+"]")
		case i+1 < r.Step:
			s = in(good, n)
		}
		s.near = true
		g = append(g, s)
	}
	return append(g, span{text: "%", near: true})
}

// remaining is how long it stands still yet, or may without progress.
func (r Rollout) remaining() string {
	switch {
	case r.Over:
		return ""
	case r.Gate > 0:
		return "gate " + rough(r.Gate) + " left"
	case r.Left > 0:
		return "gives up in " + clock(r.Left)
	}
	return ""
}

// notes are what it waits for, how it was judged, and why it is as it is.
func (r Rollout) notes(width int) (rows []row) {
	note := func(label, text string, as tone) {
		first := plain(pad(label, labelWidth))
		rows = append(rows, fold(width, proseMax, first, plain(pad("", labelWidth)), in(as, text))...)
	}
	if n := len(r.Waits); n > 0 && r.Gate <= 0 { // a gate says in the head how long yet
		words := r.Waits[0]
		if n > 1 {
			words += fmt.Sprintf(" (and %d more)", n-1)
		}
		note("waits for:", words, usual)
	}
	why := r.Why
	for _, c := range r.Checks {
		note("check:", c.Words, toneOfVerdict(c.Verdict))
		if c.Words == why {
			why = "" // the check has said it
		}
	}
	note("why:", why, faint)
	note("trouble:", r.Trouble, bad)
	for i, next := range r.Next {
		note([]string{"next:", "or:"}[min(i, 1)], next, strong)
	}
	return rows
}

const labelWidth = len("waits for: ")

// foot counts the requests and says how to leave.
func (r Rollout) foot(width int) []row {
	counted := group(nil)
	if r.Counted {
		failed := plain(fmt.Sprintf("failed %d", r.Failed))
		if r.Failed > 0 {
			failed.tone = bad
		}
		counted = group{plain(fmt.Sprintf("requests %d", r.Requests)), failed}
	}
	leave := group{in(faint, detaches)}
	if r.Over {
		leave = nil
	}
	return flow(width, span{}, span{}, counted, leave)
}

// clock is how long something has gone on: 0:41, 1:02:05.
func clock(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// rough is a time that passes: 8 s, 3:20.
func rough(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int((d + time.Second - 1).Seconds()))
	}
	return clock(d)
}

// tenths is a measured share, always with its digit behind the point, so that what
// stands beside it stands still.
func tenths(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }
