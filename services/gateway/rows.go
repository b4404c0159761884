package gateway

import (
	"cmp"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// rows keeps what was concluded of each app: it holds until a fact or a sense touches
// the app, or a moment of its own passes. So a look at the gateway costs what has
// changed, not what is there. It is no part of the fold: without it every app is looked
// at, and the outcome is the same.
type rows struct {
	sorted []*row // by name, one per app
	of     map[string]*row
}

type row struct {
	a *App

	silent bool      // looked at last, it said nothing and waited for nothing
	until  time.Time // when time may change that; zero: never

	listed         bool // what follows is up to date
	acts           []service.Act
	known, settled bool
	moment         []time.Time
}

// table is every app's row.
func (g *Gateway) table() []*row {
	t := g.rows.Get()
	if t.of == nil || len(t.of) != len(g.Apps) {
		*t = rows{of: make(map[string]*row, len(g.Apps))}
		for _, name := range service.Sorted(g.Apps) {
			t.put(len(t.sorted), g.Apps[name])
		}
	}
	return t.sorted
}

func (t *rows) put(at int, a *App) {
	r := &row{a: a}
	t.sorted, t.of[a.Name] = slices.Insert(t.sorted, at, r), r
}

// add keeps the table in step with the apps; one that is not made yet will be made of
// them.
func (t *rows) add(a *App) {
	if t.of == nil {
		return
	}
	at, _ := slices.BinarySearchFunc(t.sorted, a.Name, func(r *row, name string) int { return cmp.Compare(r.a.Name, name) })
	t.put(at, a)
}

// touch says that what was concluded of an app may hold no more.
func (t *rows) touch(app string) {
	if r, ok := t.of[app]; ok {
		r.silent, r.listed = false, false
	}
}

func (t *rows) touchAll() { *t = rows{} }

// stir forgets what a fact may change.
func (g *Gateway) stir(e events.Event) {
	if e.App == "" {
		g.rows.Get().touchAll()
		return
	}
	g.rows.Get().touch(e.App)
}

// stirred forgets what a sense may change; what is not about one app may be about all.
func (g *Gateway) stirred(data any) {
	t := g.rows.Get()
	switch d := data.(type) {
	case Applied:
		t.touch(d.App)
	case Refused:
		t.touch(d.App)
	case Closed:
		t.touch(d.App)
	case Drained:
		t.touch(d.App)
	case Quiesced:
		t.touch(d.App)
	case Judged:
		t.touch(d.App)
	case Probed:
		t.touch(d.App)
	default:
		t.touchAll()
	}
}

// look says what is missing of one app, unless that is nothing still.
func (g *Gateway) look(r *row, now time.Time, say *service.Says) {
	if r.silent && (r.until.IsZero() || now.Before(r.until)) {
		return
	}
	said := g.decideApp(r.a, now)
	say.Add(said)
	g.list(r)
	r.silent, r.until = said.Empty() && len(said.Waiting) == 0, service.First(now, r.moment...)
}

// list brings a row up to date.
func (g *Gateway) list(r *row) {
	if r.listed {
		return
	}
	x := g.heard.Get().app(r.a.Name)
	r.acts, r.known, r.settled = g.appActs(r.a, x)
	r.moment = r.a.moments(x)
	r.listed = true
}
