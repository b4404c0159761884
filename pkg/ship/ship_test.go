package ship_test

import (
	"fmt"
	"slices"
	"testing"

	"slipway.dev/pkg/ship"
)

// list is a source of numbered messages.
type list struct{ given, all int }

func (l *list) Next() (subject, id string, body []byte, ok bool) {
	if l.given == l.all {
		return "", "", nil, false
	}
	l.given++
	return "s", fmt.Sprint(l.given), nil, true
}

// desk takes messages and answers when it is told to.
type desk struct {
	closed bool
	sent   []string
	done   []func(ship.Outcome)
}

func (d *desk) Hearsay(_, id string, _ []byte, done func(ship.Outcome)) bool {
	if d.closed {
		return false
	}
	d.sent, d.done = append(d.sent, id), append(d.done, done)
	return true
}

func (d *desk) answer(o ship.Outcome) {
	all := d.done
	d.done = nil
	for _, done := range all {
		done(o)
	}
}

func TestNoMoreThanTheBoundFlies(t *testing.T) {
	src, bus := &list{all: 1000}, &desk{}
	s := ship.New(src)
	s.Ship()
	if src.given != 0 {
		t.Fatalf("%d messages taken before there is a bus", src.given)
	}
	s.Use(bus)
	s.Ship()
	if len(bus.sent) != ship.InFlight || src.given != ship.InFlight {
		t.Fatalf("%d sent, %d taken, want %d", len(bus.sent), src.given, ship.InFlight)
	}
	for len(bus.done) > 0 {
		bus.answer(ship.Kept)
	}
	if len(bus.sent) != 1000 || !s.Idle() {
		t.Fatalf("%d sent", len(bus.sent))
	}
}

func TestWhatHadNoAnswerIsSentAgainUnderItsID(t *testing.T) {
	src, bus := &list{all: 3}, &desk{}
	s := ship.New(src)
	s.Use(bus)
	s.Ship()
	bus.answer(ship.Unknown)
	if s.Idle() || len(bus.sent) != 3 {
		t.Fatalf("sent %v: not before Ship is called again", bus.sent)
	}
	bus.closed = true
	s.Ship()
	bus.closed = false
	s.Ship()
	bus.answer(ship.Kept)
	if want := []string{"1", "2", "3", "1", "2", "3"}; !slices.Equal(bus.sent, want) || !s.Idle() {
		t.Fatalf("sent %v", bus.sent)
	}
}

func TestWhatIsRefusedIsGivenUp(t *testing.T) {
	bus := &desk{}
	s := ship.New(&list{all: 2})
	s.Use(bus)
	s.Ship()
	bus.answer(ship.Refused)
	if s.Refused() != 2 || !s.Idle() {
		t.Fatalf("%d refused", s.Refused())
	}
}
