package service

import (
	"context"
	"testing"

	"slipway.dev/events"
)

// What cannot be queued any more is owed all the same, so that no snapshot passes it.
func TestACopyThatIsNotQueuedStaysOwed(t *testing.T) {
	c := newCopier()
	for range copyMax {
		c.take(t.Context(), copied{})
	}
	close(c.ended)
	c.take(t.Context(), copied{})
	if owed := c.owed.Load(); owed != copyMax+1 {
		t.Errorf("%d are owed, want %d", owed, copyMax+1)
	}
}

// Of the messages that are read together the one that was set aside is copied.
func TestTheMessageThatWasSetAsideIsCopied(t *testing.T) {
	at := func(seq uint64) events.Position { return events.Position{Era: 1, Seq: seq} }
	r := &runner{core: &Core{}, copies: newCopier()}
	r.copying(context.Background(), func() { r.core.Aside(Aside{Pos: at(2)}) },
		Message{Pos: at(1)}, Message{Pos: at(2), Subject: "this"}, Message{Pos: at(3)})
	if one := <-r.copies.queue; one.message.Subject != "this" || one.message.Pos != at(2) {
		t.Errorf("%+v is copied", one.message)
	}
}
