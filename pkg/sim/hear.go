package sim

import (
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func (h *Host) hear() {
	h.pos++
	e := h.World.Log.At(h.pos)
	if !h.Reads(e) {
		h.core.Skip(e.Pos)
		return
	}
	h.core.Hear(e)
	h.standing()
}

// standing fails the world if anything could not be folded or decided.
func (h *Host) standing() {
	if p := h.core.Parked(); len(p) > 0 {
		h.World.Fail("%s: parked %s at %s: %s: %s", h.Name, p[0].Guard, p[0].Pos, p[0].Verdict, p[0].Reason)
	}
}

// Sense gives the host a signal of its hands, unless it has crashed since.
func (h *Host) Sense(incarnation int, data any) {
	if h.incarnation != incarnation || !h.up() {
		return
	}
	h.core.Sense(service.Signal{Data: data}, h.World.now)
	h.wake(0)
}

// hearsay gives the host a lease somebody published, unless it is parted.
func (h *Host) hearsay(incarnation int, s service.Signal) {
	if h.incarnation != incarnation || !h.up() || h.cutOff {
		return
	}
	h.core.Sense(s, h.World.now)
	h.wake(0)
}

func (h *Host) hearWishes() {
	if !h.up() || h.cutOff {
		return
	}
	for ; h.wished < len(h.World.wishes); h.wished++ {
		e := h.World.wishes[h.wished]
		if matchesAny(h.svc.Wishes, e.StreamSubject()) {
			h.core.Sense(service.Signal{Wish: &e}, h.World.now)
		}
	}
	h.wake(0)
}

// hearLeases delivers the leases that are kept, as a reader hears them first.
func (h *Host) hearLeases() {
	if len(h.svc.Leases) == 0 {
		return
	}
	for _, subject := range service.Sorted(h.World.leases) {
		if l := h.World.leases[subject]; h.World.now.Sub(l.at) < leaseKept {
			h.core.Sense(service.Signal{Data: l.Heard}, h.World.now)
		}
	}
}

// seeTwins tells of the service's other copies, as their leases do.
func (h *Host) seeTwins() {
	for _, o := range h.World.hosts {
		if o != h && o.up() && !o.cutOff && h.svc.Place == "" && o.svc.Participant() == h.svc.Participant() {
			h.core.Twin(h.World.now.Add(events.LeaseTTL))
		}
	}
}

// matchesAny tells whether a subject lies under one of some filters.
func matchesAny(filters []string, subject string) bool {
	for _, f := range filters {
		if matches(f, subject) {
			return true
		}
	}
	return false
}

func matches(filter, subject string) bool {
	f, s := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, t := range f {
		switch {
		case t == ">":
			return len(s) > i
		case i >= len(s) || t != "*" && t != s[i]:
			return false
		}
	}
	return len(f) == len(s)
}
