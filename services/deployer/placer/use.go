package placer

import (
	"maps"
	"strconv"

	"slipway.dev/events"
)

// Use is what is reserved on a node.
type Use struct {
	Reserved events.Resources  `json:"reserved"` // of all apps: the larger of what each has and is promised
	Apps     map[string]Part   `json:"apps"`     // by app
	Taken    map[string]string `json:"taken"`    // what one instance at a time has, a fixed port or a single volume -> instance
	Promised map[string]string `json:"promised"` // the same -> instance placed held, that has it once it is cleared
}

// Part is an app's part of a node. Instances placed held reserve nothing beside the
// ones they replace: they are promised the same room, and inherit it.
type Part struct {
	Count    int              `json:"count"`
	Has      events.Resources `json:"has"`
	Promised events.Resources `json:"promised"`
}

// room is what an app keeps others from using.
func (p Part) room() events.Resources {
	return events.Resources{CPUMilli: max(p.Has.CPUMilli, p.Promised.CPUMilli), MemoryBytes: max(p.Has.MemoryBytes, p.Promised.MemoryBytes)}
}

// with is what would be reserved in all if one more instance were placed.
func (u *Use) with(q *Request) events.Resources {
	part := u.Apps[q.App]
	before := part.room()
	if q.Hold {
		part.Promised = sum(part.Promised, q.Resources, 1)
	} else {
		part.Has = sum(part.Has, q.Resources, 1)
	}
	return sum(sum(u.Reserved, before, -1), part.room(), 1)
}

// place and end count an instance in and out; clear lets a held one have what it was
// promised.
func (u *Use) place(q *Request) {
	u.change(q, func(p *Part) {
		p.Count++
		if q.Hold {
			p.Promised = sum(p.Promised, q.Resources, 1)
		} else {
			p.Has = sum(p.Has, q.Resources, 1)
		}
	})
	q.Promised = q.Hold
	if q.Hold {
		take(u.Promised, q)
	} else {
		take(u.Taken, q)
	}
}

func (u *Use) clear(q *Request) {
	u.change(q, func(p *Part) { p.Has = sum(p.Has, q.Resources, 1) })
	take(u.Taken, q)
}

func (u *Use) end(q *Request) {
	u.change(q, func(p *Part) {
		p.Count--
		if q.Promised {
			p.Promised = sum(p.Promised, q.Resources, -1)
		}
		if !q.Hold {
			p.Has = sum(p.Has, q.Resources, -1)
		}
	})
	give(u.Promised, q)
	give(u.Taken, q)
}

func (u *Use) change(q *Request, f func(*Part)) {
	part := u.Apps[q.App]
	u.Reserved = sum(u.Reserved, part.room(), -1)
	f(&part)
	u.Reserved = sum(u.Reserved, part.room(), 1)
	u.Apps[q.App] = part
	if part.Count == 0 {
		delete(u.Apps, q.App)
	}
}

// taken is what q wants for itself and another instance has; "" if nothing.
func (u *Use) taken(q *Request) string {
	for _, thing := range q.alone() {
		owner, taken := u.Promised[thing]
		if !taken && !q.Hold { // a held one may wait for what the one it replaces has
			owner, taken = u.Taken[thing]
		}
		if taken && owner != q.Instance {
			return thing
		}
	}
	return ""
}

// alone are the things of a node that only one instance at a time has.
func (q *Request) alone() (things []string) {
	for _, p := range q.HostPorts {
		things = append(things, "port "+strconv.Itoa(p))
	}
	for _, v := range q.Volumes {
		if v.Alone {
			things = append(things, "volume "+volumeKey(q.App, v.Volume))
		}
	}
	return things
}

func take(things map[string]string, q *Request) {
	for _, thing := range q.alone() {
		things[thing] = q.Instance
	}
}

func give(things map[string]string, q *Request) {
	for _, thing := range q.alone() {
		if things[thing] == q.Instance {
			delete(things, thing)
		}
	}
}

func (u *Use) clone() *Use {
	return &Use{Reserved: u.Reserved, Apps: maps.Clone(u.Apps), Taken: maps.Clone(u.Taken), Promised: maps.Clone(u.Promised)}
}

func newUse() *Use {
	return &Use{Apps: map[string]Part{}, Taken: map[string]string{}, Promised: map[string]string{}}
}

func sum(a, b events.Resources, sign int64) events.Resources {
	return events.Resources{CPUMilli: a.CPUMilli + sign*b.CPUMilli, MemoryBytes: a.MemoryBytes + sign*b.MemoryBytes}
}
