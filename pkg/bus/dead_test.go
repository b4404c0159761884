package bus

import (
	"context"
	"errors"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func TestDeadLetters(t *testing.T) {
	b := openTest(t)
	l := Letter{
		Participant: "node-n1", App: "web", Entity: "assignment", Verdict: "unreadable", Reason: "id:\nempty",
		Message: service.Message{Subject: "slipway.event.x", Pos: events.Position{Era: 1, Seq: 7}, Body: []byte("{torn")},
	}
	wish := l // of the same sequence of another stream
	wish.Message.Subject = events.Wish("app", "declared", "web", "")
	for _, put := range []Letter{l, l, wish, wish} {
		if err := b.PutDead(limit(t), put); err != nil {
			t.Fatal(err)
		}
	}
	var got []service.Message
	ctx, cancel := context.WithCancel(limit(t))
	err := b.Dead(ctx, events.Position{}, "", service.Reader{
		Deliver:  func(m service.Message) error { got = append(got, m); return nil },
		CaughtUp: cancel,
	})
	if !errors.Is(err, context.Canceled) || len(got) != 2 || got[1].Header[deadSubject][0] != wish.Message.Subject {
		t.Fatalf("a fact and a wish at one sequence, each put twice, are %d letters: %v", len(got), err)
	}
	m := got[0]
	if m.Subject != "slipway.dead.node-n1.web.assignment" || string(m.Body) != "{torn" ||
		m.Header[deadPosition][0] != "1:7" || m.Header[deadReason][0] != "id: empty" || m.Header[deadVerdict][0] != "unreadable" {
		t.Errorf("kept %s %v %q", m.Subject, m.Header, m.Body)
	}
}
