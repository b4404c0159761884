package deployer

import (
	"maps"

	"slipway.dev/events"
)

// Use is what is reserved on a node.
type Use struct {
	Reserved events.Resources `json:"reserved"` // of all apps: the larger of what each has and is promised
	Apps     map[string]Part  `json:"apps"`     // by app
	Ports    map[int]string   `json:"ports"`    // fixed port -> instance
	Promised map[int]string   `json:"promised"` // fixed port -> instance placed held, that has it once it is cleared
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
		take(u.Ports, q)
	}
}

func (u *Use) clear(q *Request) {
	u.change(q, func(p *Part) { p.Has = sum(p.Has, q.Resources, 1) })
	take(u.Ports, q)
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
	give(u.Ports, q)
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

func take(ports map[int]string, q *Request) {
	for _, p := range q.HostPorts {
		ports[p] = q.Instance
	}
}

func give(ports map[int]string, q *Request) {
	for _, p := range q.HostPorts {
		if ports[p] == q.Instance {
			delete(ports, p)
		}
	}
}

func (u *Use) clone() *Use {
	return &Use{Reserved: u.Reserved, Apps: maps.Clone(u.Apps), Ports: maps.Clone(u.Ports), Promised: maps.Clone(u.Promised)}
}

func newUse() *Use {
	return &Use{Apps: map[string]Part{}, Ports: map[int]string{}, Promised: map[int]string{}}
}

func sum(a, b events.Resources, sign int64) events.Resources {
	return events.Resources{CPUMilli: a.CPUMilli + sign*b.CPUMilli, MemoryBytes: a.MemoryBytes + sign*b.MemoryBytes}
}
