package bus

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func wish(id string) events.Event {
	return events.NewWish("person:alice", events.WishRollbackRequested{OfApp: events.OfApp{App: testApp}}, time.Now(), id)
}

func TestWishIsKeptOnce(t *testing.T) {
	b := openTest(t)
	first, err := b.Wish(limit(t), wish("w1"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Wish(limit(t), wish("w1"))
	if err != nil || again != first {
		t.Fatalf("the same wish: %s, first %s (%v)", again, first, err)
	}
	second, err := b.Wish(limit(t), wish("w2"))
	if err != nil || !second.After(first) {
		t.Fatalf("another wish: %s (%v)", second, err)
	}
	if _, err := b.Wish(limit(t), fact(1, "")); err == nil {
		t.Error("a fact was taken for a wish")
	}
	if _, err := b.Wish(limit(t), wish("")); err == nil {
		t.Error("a wish without an id was taken")
	}
	var read []string
	ctx, cancel := context.WithCancel(limit(t))
	err = b.Wishes(ctx, first, nil, service.Reader{
		Deliver: func(m service.Message) error {
			e, err := events.Parse(m.Subject, m.Header, m.Body)
			read = append(read, e.ID)
			return err
		},
		CaughtUp: cancel,
	})
	if !errors.Is(err, context.Canceled) || len(read) != 1 || read[0] != "w2" {
		t.Errorf("after %s read %v (%v)", first, read, err)
	}
}

func TestAnswerToAWish(t *testing.T) {
	b := openTest(t)
	before, err := b.Head(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	at, err := b.Wish(limit(t), wish("w1"))
	if err != nil {
		t.Fatal(err)
	}
	answer := fact(2, "")
	answer.Wish = at
	say(t, b, 0, fact(1, ""), answer)
	got, err := b.Answer(limit(t), at, before, events.Filter(testApp, "", "", "", ""))
	if err != nil || got.ID != answer.ID || got.Pos.Seq != 2 {
		t.Fatalf("answered by %s at %s: %v", got.ID, got.Pos, err)
	}
	if _, ok := got.Data.(events.ReleasePaused); !ok {
		t.Errorf("the answer's data are %T", got.Data)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Answer(short, events.Position{Era: 1, Seq: 99}, before, "slipway.event.>"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent addressee: %v", err)
	}
}
