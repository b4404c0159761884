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
	for range 2 {
		if err := b.PutDead(limit(t), l); err != nil {
			t.Fatal(err)
		}
	}
	var got []service.Message
	ctx, cancel := context.WithCancel(limit(t))
	err := b.Dead(ctx, events.Position{}, "", service.Reader{
		Deliver:  func(m service.Message) error { got = append(got, m); return nil },
		CaughtUp: cancel,
	})
	if !errors.Is(err, context.Canceled) || len(got) != 1 {
		t.Fatalf("%d letters: %v", len(got), err)
	}
	m := got[0]
	if m.Subject != "slipway.dead.node-n1.web.assignment" || string(m.Body) != "{torn" ||
		m.Header[deadPosition][0] != "1:7" || m.Header[deadReason][0] != "id: empty" || m.Header[deadVerdict][0] != "unreadable" {
		t.Errorf("kept %s %v %q", m.Subject, m.Header, m.Body)
	}
}
