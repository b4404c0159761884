package registry

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// ear is when whom was heard, by the registry's own clock.
type ear struct {
	listening time.Time // since when silence may mean something
	heard     map[string]beat
}

type beat struct {
	at          time.Time // zero after a gap
	incarnation int
	n           uint64 // counted by the sender; 0: it does not count
}

// hear takes a lease. One of an earlier incarnation, or one read a second time,
// tells nothing; a malformed one counts.
func (f *Fleet) hear(h service.Heard, now time.Time) {
	name := h.Holder
	if h.Kind == kindEndpoint {
		name = outsideOf(h.App, h.Holder)
	}
	m, b := f.member(h.Kind, name), h.Body
	malformed := b == (events.LeaseBody{})
	if m == nil || !malformed && b.Incarnation < m.Boot {
		return
	}
	x, holder := f.ear.Get(), holderOf(h.Kind, name)
	last := x.heard[holder]
	again := b.Incarnation == last.incarnation && b.N <= last.n
	if h.Kind == kindEndpoint { // a script from outside begins to count anew whenever it likes
		again = b.Incarnation == last.incarnation && b.N == last.n
	}
	if b.N > 0 && again {
		return
	}
	if x.heard == nil {
		x.heard = map[string]beat{}
	}
	x.heard[holder] = beat{now, b.Incarnation, b.N}
}

// gap forgets when whom was heard: one full TTL of listening begins.
func (f *Fleet) gap(now time.Time) {
	x := f.ear.Get()
	x.listening = now
	for holder, b := range x.heard {
		b.at = time.Time{}
		x.heard[holder] = b
	}
}

func (f *Fleet) heardAt(kind, name string) time.Time {
	return f.ear.Get().heard[holderOf(kind, name)].at
}

func (f *Fleet) heardSince(kind, name string, t time.Time) bool {
	at := f.heardAt(kind, name)
	return !at.IsZero() && !at.Before(t)
}

// silentSince is the last moment of which it is not known that the holder was silent.
func (f *Fleet) silentSince(kind, name string) time.Time {
	since := f.member(kind, name).Since
	for _, t := range []time.Time{f.ear.Get().listening, f.heardAt(kind, name)} {
		if t.After(since) {
			since = t
		}
	}
	return since
}

// silence is how the fleet sounds.
type silence struct {
	silent int  // holders on their way out, or out within the last TTL
	of     int  // all of them
	lost   int  // silent for the TTL, and not lapsed yet
	heard  bool // one was heard within the last TTL: the path works
}

// listen counts. Whoever stopped in the same instant is between half a TTL and a TTL
// silent when the first one reaches the TTL, so half of it counts.
func (f *Fleet) listen(ttl time.Duration, now time.Time) (s silence) {
	f.each(func(kind, name string, m *Member) {
		if m.Lapsed && now.Sub(m.LapsedAt) >= ttl {
			return
		}
		s.of++
		quiet := now.Sub(f.silentSince(kind, name))
		if m.Lapsed || 2*quiet >= ttl {
			s.silent++
		}
		if !m.Lapsed && quiet >= ttl {
			s.lost++
		}
		at := f.heardAt(kind, name)
		s.heard = s.heard || !at.IsZero() && now.Sub(at) < ttl
	})
	return s
}

func (s silence) mass() bool { return 2*s.silent > s.of }

// over tells that somebody would lapse now.
func (s silence) over() bool { return s.lost > 0 }

// braked tells that nobody lapses: the brake is engaged, or is about to be.
func (f *Fleet) braked(ttl time.Duration, now time.Time) bool {
	return f.Brake.Engaged || f.engages(f.listen(ttl, now), ttl, now)
}

// engages tells that silence is not believed. After a release it is, for one TTL, so
// that those who were held lapse.
func (f *Fleet) engages(s silence, ttl time.Duration, now time.Time) bool {
	b := f.Brake
	return !b.Engaged && !b.Overridden && s.over() && s.mass() && (b.Released.IsZero() || now.Sub(b.Released) >= ttl)
}

func (f *Fleet) each(do func(kind, name string, m *Member)) {
	for _, name := range service.Sorted(f.Gateways) {
		do(kindGateway, name, f.Gateways[name])
	}
	for _, name := range service.Sorted(f.Nodes) {
		do(kindNode, name, f.Nodes[name])
	}
	for _, name := range service.Sorted(f.Outside) {
		if m := f.Outside[name]; !m.Waiting && !m.Suspect {
			do(kindEndpoint, name, m)
		}
	}
}

func holderOf(kind, name string) string { return kind + "-" + name }
