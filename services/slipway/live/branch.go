package live

import (
	"fmt"
	"strconv"

	"slipway.dev/services/slipway/output"
)

// columns are how wide the parts of the releases' rows are, so that they align.
type columns struct{ name, role, ready int }

func (r Rollout) columns() (c columns) {
	for _, x := range r.Releases {
		c.name = max(c.name, output.Width(x.name()))
		c.role = max(c.role, output.Width(x.Role))
		n, _ := x.ready()
		c.ready = max(c.ready, output.Width(x.readyWords(n)))
	}
	return c
}

func (x Release) name() string {
	return output.Printable(strconv.Itoa(x.Number) + " " + x.Version)
}

func (x Release) readyWords(n int) string { return fmt.Sprintf("%d/%d ready", n, len(x.Instances)) }

// rows are a release and its instances, a branch of the tree.
func (x Release) rows(width int, last bool, most int, c columns) []row {
	first, rest := plain("├─ "), plain("│    ")
	if last {
		first, rest = plain("└─ "), plain("     ")
	}
	n, others := x.ready()
	name := in(usual, pad(x.name(), c.name))
	if x.Live {
		name.tone = strong
	}
	is := group{name, plain(pad(x.Role, c.role)), plain(pad(x.readyWords(n), c.ready))}
	var states group
	for _, s := range others {
		states = append(states, in(toneOf(s.state), fmt.Sprintf("%d %s", s.n, s.state)))
	}
	notable := x.notable()
	groups := []group{is, states, x.figures()}
	if len(notable) == 1 && most > 0 {
		return flow(width, first, rest, append(groups, notable[0].group(0, 0))...)
	}
	return append(flow(width, first, rest, groups...), instances(rest, notable, most)...)
}

// Figures keep their room, so that nothing beside them moves as they change.
const (
	errorsWidth   = len("errors 99.9 %")
	p99Width      = len("p99 9999 ms")
	measuredWidth = len("measured 99.9 %")
)

// figures are what was measured of it.
func (x Release) figures() (g group) {
	if x.Errors != nil {
		g = append(g, plain(pad("errors "+tenths(*x.Errors), errorsWidth)))
	}
	if x.P99 != nil {
		g = append(g, plain(pad(fmt.Sprintf("p99 %.0f ms", *x.P99), p99Width)))
	}
	return g
}

// instances are the rows of those worth one, as many as there may be.
func instances(stem span, list []Instance, most int) (rows []row) {
	if most == 0 {
		return nil
	}
	more := len(list) - most
	if more > 0 {
		list = list[:most]
	}
	id, node := 0, 0
	for _, i := range list {
		id, node = max(id, output.Width(i.ID)), max(node, output.Width(i.Node))
	}
	for _, i := range list {
		rows = append(rows, row{stem, []group{i.group(id, node)}})
	}
	if more > 0 {
		rows = append(rows, row{stem, []group{{in(faint, fmt.Sprintf("and %d more", more))}}})
	}
	return rows
}

// group is an instance: shop-7-b2  n1  ready 38 s, and why it is so.
func (i Instance) group(id, node int) group {
	where := i.Node
	if where == "" {
		where = "-"
	}
	g := group{plain(pad(i.ID, id)), plain(pad(where, node)), in(toneOf(i.State), i.State+" "+rough(i.For))}
	if i.Reason != "" {
		g = append(g, in(faint, i.Reason))
	}
	return g
}
