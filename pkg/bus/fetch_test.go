package bus

import (
	"errors"
	"io"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func TestHistory(t *testing.T) {
	b := openTest(t)
	var tail uint64
	for i := range uint64(3) {
		tail = say(t, b, tail, facts(1+400*i, 400)...).Last.Seq
	}
	read := func(after, upTo events.Position) (n int, first, last events.Position) {
		t.Helper()
		err := b.Fetch(limit(t), testGuard, after, upTo, func(m service.Message) error {
			if n++; n == 1 {
				first = m.Pos
			}
			last = m.Pos
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, first, last
	}
	at := func(seq uint64) events.Position { return events.Position{Era: 1, Seq: seq} }
	if n, first, last := read(events.Position{}, events.Position{}); n != 1200 || first != at(1) || last != at(1200) {
		t.Errorf("all: %d from %s to %s", n, first, last)
	}
	if n, first, last := read(at(10), at(700)); n != 690 || first != at(11) || last != at(700) {
		t.Errorf("a part: %d from %s to %s", n, first, last)
	}
	if n, _, _ := read(at(1200), events.Position{}); n != 0 {
		t.Errorf("behind the end: %d", n)
	}
	if err := b.Fetch(limit(t), testGuard, events.Position{}, at(5), func(service.Message) error { return io.EOF }); !errors.Is(err, io.EOF) {
		t.Errorf("the caller's error: %v", err)
	}
	m, err := b.GetEvent(limit(t), at(7))
	if err != nil || m.Subject != fact(7, "").StreamSubject() {
		t.Errorf("event 7: %s %v", m.Subject, err)
	}
	if _, err := b.GetEvent(limit(t), at(1201)); !errors.Is(err, ErrNoEvent) {
		t.Errorf("event 1201: %v", err)
	}
	if p, err := b.At(limit(t), m.Stored); err != nil || p.Seq > 7 || p.Seq < 1 {
		t.Errorf("at the time of event 7: %s %v", p, err)
	}
	if _, err := b.At(limit(t), time.Now().Add(time.Hour)); !errors.Is(err, ErrNoEvent) {
		t.Errorf("in an hour: %v", err)
	}
}
