package letter

import (
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func TestWhatBecameOfLetters(t *testing.T) {
	l := &Letters{index: map[string]int{}, seqs: map[uint64]int{}}
	put := func(seq uint64, participant, subject string) {
		l.put(service.Message{
			Subject: events.DeadSubject(participant, "web", "release"), Pos: events.Position{Era: 1, Seq: seq}, Body: []byte("{"),
			Header: map[string][]string{"slipway-dead-position": {"1:7"}, "slipway-dead-subject": {subject}, "slipway-dead-verdict": {"unreadable"}},
		})
	}
	fact, wish := events.Subject(events.K[events.ReleasePaused](), "web", ""), events.Wish("app", "declared", "web", "")
	put(1, "deployer", fact)
	put(2, "registry", fact)
	put(3, "deployer", wish) // of the same position in another stream
	put(4, "deployer", fact) // put again after a restart
	of := func(participant string) events.OfLetter {
		return events.OfLetter{Participant: participant, Position: "1:7"}
	}
	for _, d := range []events.Payload{
		events.LetterParked{OfLetter: of("deployer")}, events.LetterParked{OfLetter: of("registry")}, events.LetterRefused{OfLetter: of("registry")},
		events.LetterDropped{OfLetter: of("deployer")},
	} {
		l.fold(events.Event{Data: d})
	}
	for seq, want := range map[uint64]string{1: Dropped, 2: Parked, 3: Kept, 4: Dropped} {
		if x, ok := l.Find(seq); !ok || x.State != want {
			t.Errorf("letter %d: %t %+v, want %s", seq, ok, x, want)
		}
	}
	if n := l.Of("deployer"); n != 2 {
		t.Errorf("%d of the deployer, want 2: one was put twice", n)
	}
	put(6, "gateway-gw1-a", fact)
	put(7, "gateway-gw1-b", fact) // joined later, and never stood still over it
	put(8, "gateway-gw2-a", fact)
	l.fold(events.Event{Data: events.LetterParked{OfLetter: of("gateway-gw1-a")}})
	l.fold(events.Event{Data: events.LetterParked{OfLetter: of("gateway-gw2-a")}})
	l.fold(events.Event{Data: events.LetterDropped{OfLetter: of("gateway-gw1-a")}})
	for seq, want := range map[uint64]string{6: Dropped, 7: Dropped, 8: Parked} {
		if x, _ := l.Find(seq); x.State != want {
			t.Errorf("letter %d: %+v, want %s", seq, x, want)
		}
	}
	if all := l.At("1:7"); len(all) != 5 {
		t.Errorf("%d about 1:7, want 5: a wish is at a position of another stream", len(all))
	}
	l.All = l.All[:3]
	if _, ok := l.Find(5); ok || len(l.All) != 3 || l.All[0].App != "web" {
		t.Errorf("%+v", l.All)
	}
}

// TestWhatCouldBeReadAndNotFolded: nobody put it with the dead letters, and it stands
// still all the same.
func TestWhatCouldBeReadAndNotFolded(t *testing.T) {
	l := &Letters{index: map[string]int{}, seqs: map[uint64]int{}}
	of := events.OfLetter{Participant: "deployer", Position: "1:9"}
	for range 2 { // of two guards
		l.fold(events.Event{Reason: "gap: ordinal 4 after 2", Data: events.LetterParked{OfLetter: of, Verdict: "gap"}})
	}
	if len(l.All) != 1 || l.All[0].State != Parked || l.All[0].Name() != "1:9" || l.All[0].Verdict != "gap" {
		t.Fatalf("%+v", l.All)
	}
	l.fold(events.Event{Data: events.LetterDropped{OfLetter: of}})
	if l.All[0].State != Dropped {
		t.Errorf("%+v", l.All[0])
	}
}
