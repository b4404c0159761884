package events

import "reflect"

// as gives a row another version of its meaning, and the level from which it may be
// written.
func (r Row) as(version, since int) Row {
	r.Kind.Version, r.Since = version, since
	return r
}

// older makes of a row one that is still read and no more written: what it carries is
// told as the next version's payload. up is pure and total.
func older[Old, New Payload](r Row, up func(Old) New) Row {
	r.upcast = func(p Payload) Payload { return up(p.(Old)) }
	return r
}

// newest is a payload as the newest version of its kind would have said it.
func (r *Row) newest(p Payload) Payload {
	for r.upcast != nil {
		p = r.upcast(p)
		r = byType[reflect.TypeOf(p)]
	}
	return p
}
