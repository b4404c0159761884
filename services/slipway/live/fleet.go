package live

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"slipway.dev/services/slipway/output"
)

// fleetMax apps are drawn, so that the picture fits a terminal; what is over makes
// room for the others.
const fleetMax = 16

// Fleet is several apps on their way at once.
type Fleet struct {
	Done, All int
	Elapsed   time.Duration
	Apps      []Rollout // those still on their way, by name
	Over      bool      // nobody follows any more
}

// Lines are the picture of a fleet: a branch for each app.
func (f Fleet) Lines(t Terminal) []string {
	width := t.columns()
	rows := flow(width, span{}, span{}, group{in(strong, fmt.Sprintf("%d of %d apps done", f.Done, f.All))}, words(clock(f.Elapsed)))
	most := fleetMax
	if t.Height > 5 {
		most = min(most, t.Height-4) // head, foot, "and n more", cursor
	}
	list := f.Apps[:min(len(f.Apps), most)]
	more := len(f.Apps) - len(list)
	name := 0
	for _, r := range list {
		name = max(name, output.Width(output.Printable(r.App)))
	}
	for i, r := range list {
		stem := plain("├─ ")
		if more == 0 && i == len(list)-1 {
			stem = plain("└─ ")
		}
		rows = append(rows, row{stem, []group{r.short(name)}})
	}
	if more > 0 {
		rows = append(rows, row{plain("└─ "), []group{{in(faint, fmt.Sprintf("and %d more", more))}}})
	}
	if !f.Over {
		rows = append(rows, row{groups: []group{{in(faint, detaches)}}})
	}
	return t.bounded(rows)
}

// short is an app in one row.
func (r Rollout) short(name int) group {
	g := group{in(strong, pad(output.Printable(r.App), name))}
	if r.Release == 0 {
		return append(g, plain(cmp.Or(r.State, "wished, no answer yet")))
	}
	ready, all := 0, 0
	for _, x := range r.Releases {
		n, _ := x.ready()
		ready, all = ready+n, all+len(x.Instances)
	}
	g = append(g, words("release "+strconv.Itoa(r.Release), r.step(), output.Percent(r.Want), fmt.Sprintf("%d/%d ready", ready, all))...)
	if s, ok := stateSpan(r.State); ok {
		g = append(g, s)
	}
	if len(r.Waits) > 0 {
		g = append(g, in(faint, "waits for: "+r.Waits[0]))
	}
	return g
}
