package ship

import (
	"slices"
	"sync"
)

// InFlight is how many messages may be sent and not answered.
const InFlight = 64

// Outcome is what became of a message.
type Outcome int

// The outcomes.
const (
	Kept    Outcome = iota // the stream has it
	Unknown                // no answer: it is sent again
	Refused                // the stream will never take it
)

// Bus takes messages.
type Bus interface {
	// Hearsay sends a message without waiting and reports whether it was taken. If so,
	// done is called once, from any goroutine.
	Hearsay(subject, id string, body []byte, done func(Outcome)) bool
}

// Source gives the next message; ok is false when none waits.
type Source interface {
	Next() (subject, id string, body []byte, ok bool)
}

// Shipper carries from a source to a bus.
type Shipper struct {
	source Source

	mu      sync.Mutex
	bus     Bus
	number  uint64
	flying  int
	again   []parcel // by number
	refused uint64
}

type parcel struct {
	number      uint64
	subject, id string
	body        []byte
}

// New has no bus yet: nothing is sent before Use.
func New(s Source) *Shipper { return &Shipper{source: s} }

// Use names the bus from now on.
func (s *Shipper) Use(b Bus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bus = b
}

// Refused counts the messages that were given up.
func (s *Shipper) Refused() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// Idle reports whether every message given so far has been answered for good.
func (s *Shipper) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flying == 0 && len(s.again) == 0
}

// Ship sends what waits, as far as the bus takes it now. Call it again after a while:
// what had no answer is sent again only then.
func (s *Shipper) Ship() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.bus != nil && s.flying < InFlight {
		p, ok := s.next()
		if !ok {
			return
		}
		if !s.bus.Hearsay(p.subject, p.id, p.body, func(o Outcome) { s.answered(p, o) }) {
			s.again = append(s.again, p)
			s.sort()
			return
		}
		s.flying++
	}
}

func (s *Shipper) next() (p parcel, ok bool) {
	if len(s.again) > 0 {
		p = s.again[0]
		s.again = s.again[1:]
		return p, true
	}
	subject, id, body, ok := s.source.Next()
	s.number++
	return parcel{s.number, subject, id, body}, ok
}

func (s *Shipper) answered(p parcel, o Outcome) {
	s.mu.Lock()
	s.flying--
	switch o {
	case Unknown:
		s.again = append(s.again, p)
		s.sort()
	case Refused:
		s.refused++
	}
	s.mu.Unlock()
	if o == Kept {
		s.Ship()
	}
}

func (s *Shipper) sort() {
	slices.SortFunc(s.again, func(a, b parcel) int { return int(int64(a.number) - int64(b.number)) })
}
