package window

import (
	"slices"
	"strconv"
)

// app is one app's row of windows.
type app struct {
	name   string
	cursor int64 // second up to which its windows are closed; 0: it has not begun
	last   int64 // closed second in which a request showed last
	series []*series
	usage  []*usage
	open   map[int]int64 // releases that are told of: when each was listed or counted last
	stored map[int]int64 // end of the last window that the stream has, by release
}

// begin finds the second from which on windows are closed: where the stream's end, else
// the first thing told, at most so long ago, else now.
func (a *app) begin(edge, before int64) {
	if a.cursor > 0 {
		return
	}
	a.cursor = before
	for _, x := range a.series {
		if len(x.points) > 0 {
			a.cursor = min(a.cursor, x.points[0].at-1)
		}
	}
	first := int64(0)
	for _, to := range a.stored {
		if to > edge-catchUp && (first == 0 || to < first) {
			first = to
		}
	}
	if first > 0 {
		a.cursor = first
	}
	for _, x := range a.series {
		a.last = max(a.last, x.take(a.cursor, nil))
	}
}

// step is how long the next window is, in seconds.
func (a *app) step() int64 {
	end := a.cursor + longer
	asked := func(x *series) bool { return x.rises(end) }
	if a.cursor%longer != 0 || a.last > 0 && a.last > a.cursor-busyFor || slices.ContainsFunc(a.series, asked) {
		return 1
	}
	for _, to := range a.stored {
		if to > a.cursor && to < end {
			return 1 // another copy has told of its seconds
		}
	}
	return longer
}

// number reads a release's label; 0 for none.
func number(label string) int {
	n, err := strconv.Atoi(label)
	if err != nil {
		return 0
	}
	return n
}
