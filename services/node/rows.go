package node

import (
	"cmp"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// rows keeps what was concluded of each instance: it holds until a fact or a sense touches the instance, or a moment of
// its own passes. So a look at the node costs what has changed, not what is there. It is no part of the fold: without it
// every instance is looked at, and the outcome is the same.
type rows struct {
	sorted []*row // by id, one per instance
	of     map[string]*row
	strays []string // sensed ids without an instance, sorted
	sifted bool     // strays is up to date
}

type row struct {
	id string
	i  *Instance

	silent bool      // looked at last, it said nothing and waited for nothing
	until  time.Time // when time may change that; zero: never

	listed bool // acts and moments are up to date
	acts   []service.Act
	moment []time.Time
}

// table is every instance's row.
func (s *State) table() *rows {
	t := s.rows.Get()
	if t.of != nil && len(t.of) == len(s.Instances) {
		return t
	}
	*t = rows{of: make(map[string]*row, len(s.Instances))}
	for _, id := range service.Sorted(s.Instances) {
		t.put(len(t.sorted), id, s.Instances[id])
	}
	return t
}

func (t *rows) put(at int, id string, i *Instance) {
	r := &row{id: id, i: i}
	t.sorted, t.of[id] = slices.Insert(t.sorted, at, r), r
	t.sifted = false
}

func (t *rows) find(id string) (at int, found bool) {
	return slices.BinarySearchFunc(t.sorted, id, func(r *row, id string) int { return cmp.Compare(r.id, id) })
}

// add and drop keep the table in step with the instances; one that is not made yet will be made of them.
func (t *rows) add(id string, i *Instance) {
	if t.of != nil {
		at, _ := t.find(id)
		t.put(at, id, i)
	}
}

func (t *rows) drop(id string) {
	if at, found := t.find(id); found {
		t.sorted = slices.Delete(t.sorted, at, at+1)
	}
	delete(t.of, id)
	t.sifted = false
}

// touch says that what was concluded of an instance may hold no more; one that is none may be a stray.
func (t *rows) touch(id string) {
	if r, ok := t.of[id]; ok {
		r.silent, r.listed = false, false
		return
	}
	t.sifted = false
}

func (t *rows) touchApp(app string) {
	for _, r := range t.sorted {
		if r.i.App == app {
			r.silent, r.listed = false, false
		}
	}
}

func (t *rows) touchAll() { *t = rows{} }

// stir forgets what a fact may change. What is about one instance touches it where it is folded.
func (s *State) stir(e events.Event) {
	switch e.Kind.Entity {
	case "instance", "placement", "assignment", "endpoint", "drift":
	case "release", "app":
		s.rows.Get().touchApp(e.App)
	default:
		s.rows.Get().touchAll()
	}
}

// stray are the sensed ids that are no instance's.
func (s *State) stray() []string {
	t := s.table()
	if t.sifted {
		return t.strays
	}
	t.strays = t.strays[:0]
	for id := range s.world.Get().seen {
		if s.Instances[id] == nil {
			t.strays = append(t.strays, id)
		}
	}
	slices.Sort(t.strays)
	t.sifted = true
	return t.strays
}

// look has a decision look at one instance, unless it would be silent.
func (d *decision) look(r *row) {
	if r.silent && (r.until.IsZero() || d.now.Before(r.until)) {
		return
	}
	facts, waiting := len(d.say.Facts), len(d.say.Waiting)
	d.instance(r.id, r.i)
	r.silent = len(d.say.Facts) == facts && len(d.say.Waiting) == waiting
	d.list(r, d.taking)
	r.until = service.First(d.now, r.moment...)
}

// list brings a row's acts and moments up to date.
func (s *State) list(r *row, taking bool) {
	if r.listed {
		return
	}
	r.acts = nil
	s.act(r.id, r.i, taking, func(long bool, data any, id string) {
		r.acts = append(r.acts, service.Act{ID: id, Data: data, Long: long})
	})
	r.moment, r.listed = s.deadlines(r.i), true
}
