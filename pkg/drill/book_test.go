package drill_test

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/service"
)

var began = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

// asked is a wish at a place in WISHES, kept at a time.
func asked(seq uint64, at time.Time, d events.Drill) service.Signal {
	w := events.NewWish("person:alice", events.WishDrillRequested{Participant: "node-n1", Drill: d}, at, "wish")
	w.Pos, w.Stored = events.Position{Era: 1, Seq: seq}, at
	return service.Signal{Wish: &w}
}

// terms are those of a node that can do everything, in one of its boots.
func terms(boot int, obeys bool) drill.Terms {
	return drill.Terms{
		Of: events.OfDrill{Participant: "node-n1", Place: "n1"}, Boot: boot, Obeys: obeys,
		Can: func(events.Drill) (int, string, string) { return 3, "", "" },
	}
}

// decide says what is missing and folds it.
func decide(t *testing.T, b *drill.Book, terms drill.Terms, now time.Time) events.Payload {
	t.Helper()
	var say service.Says
	b.Decide(terms, now, &say)
	if say.Empty() {
		return nil
	}
	if len(say.Facts) != 1 {
		t.Fatalf("%d facts", len(say.Facts))
	}
	wish, _ := events.ParsePosition(say.Facts[0].Cause.Wish)
	b.Evolve(events.Event{ID: "e-" + now.Format(time.TimeOnly), Time: now, Wish: wish, Data: say.Facts[0].Data})
	return say.Facts[0].Data
}

func TestADrillIsDoneOnceByTheBootThatSaidSo(t *testing.T) {
	var b drill.Book
	b.Sense(asked(1, began, events.Drill{Kind: events.DrillKillNode}))
	d, ok := decide(t, &b, terms(1, true), began).(events.DrillBegun)
	if !ok || d.Boot != 1 || d.Try != 3 {
		t.Fatalf("%+v", d)
	}
	if b.Acting(1) == nil || b.Acting(2) != nil {
		t.Error("the boot that said so does it, and no other")
	}
	if again := decide(t, &b, terms(1, true), began); again != nil {
		t.Errorf("said again: %+v", again)
	}
	if d, ok := decide(t, &b, terms(2, true), began.Add(time.Second)).(events.DrillEnded); !ok || d.TookMs != 1000 {
		t.Errorf("%+v", d)
	}
	b.Sense(asked(1, began, events.Drill{Kind: events.DrillKillNode})) // read again after the restart
	if again := decide(t, &b, terms(2, true), began.Add(2*time.Second)); again != nil {
		t.Errorf("done again: %+v", again)
	}
}

func TestADrillEndsWhenItIsDoneOrItsTimeIsOver(t *testing.T) {
	var b drill.Book
	b.Sense(asked(1, began, events.Drill{Kind: events.DrillPartition, ForMs: 4000}))
	decide(t, &b, terms(1, true), began)
	if due := b.Due(began); !due.Equal(began.Add(4 * time.Second)) {
		t.Errorf("due %s", due)
	}
	if d := decide(t, &b, terms(1, true), began.Add(3*time.Second)); d != nil {
		t.Errorf("too soon: %+v", d)
	}
	if d, ok := decide(t, &b, terms(1, true), b.Due(began)).(events.DrillEnded); !ok || b.On != nil {
		t.Errorf("%+v", d)
	}
	b.Sense(asked(2, began.Add(5*time.Second), events.Drill{Kind: events.DrillPartition, ForMs: 4000}))
	decide(t, &b, terms(1, true), began.Add(5*time.Second))
	b.Sense(service.Signal{Data: drill.Done{ID: b.On.ID}})
	if b.Acting(1) != nil {
		t.Error("it is done and goes on")
	}
	if d, ok := decide(t, &b, terms(1, true), began.Add(6*time.Second)).(events.DrillEnded); !ok || d.TookMs != 1000 {
		t.Errorf("%+v", d)
	}
}

func TestWhatIsRefused(t *testing.T) {
	slow := events.Drill{Kind: events.DrillSlowInstance, ForMs: 1000}
	long := events.Drill{Kind: events.DrillSlowInstance, ForMs: drill.Longest.Milliseconds() + 1}
	for name, c := range map[string]struct {
		d     events.Drill
		age   time.Duration
		terms drill.Terms
		cause string
	}{
		"drills are off":            {slow, 0, terms(1, false), "drills-off"},
		"nobody waits any more":     {slow, drill.Fresh + time.Second, terms(1, true), "expired"},
		"longer than anybody waits": {long, 0, terms(1, true), "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			var b drill.Book
			b.Sense(asked(1, began, c.d))
			if d, ok := decide(t, &b, c.terms, began.Add(c.age)).(events.DrillRefused); !ok || d.Cause != c.cause || b.On != nil {
				t.Errorf("%+v", d)
			}
		})
	}
}

// Of two drills the second is refused while the first is on, and granted after it.
func TestOneDrillAtATime(t *testing.T) {
	var b drill.Book
	slow := events.Drill{Kind: events.DrillSlowInstance, ForMs: 4000}
	b.Sense(asked(1, began, slow))
	decide(t, &b, terms(1, true), began)
	on := b.On
	b.Sense(asked(2, began.Add(time.Second), events.Drill{Kind: events.DrillPartition, ForMs: 1000}))
	if d, ok := decide(t, &b, terms(1, true), began.Add(time.Second)).(events.DrillRefused); !ok || d.Cause != "busy" || b.On != on {
		t.Fatalf("%+v, on is %+v", d, b.On)
	}
	if d, ok := decide(t, &b, terms(1, true), began.Add(4*time.Second)).(events.DrillEnded); !ok || d.Kind != events.DrillSlowInstance {
		t.Fatalf("%+v", d)
	}
	b.Sense(asked(3, began.Add(5*time.Second), slow))
	if _, ok := decide(t, &b, terms(1, true), began.Add(5*time.Second)).(events.DrillBegun); !ok {
		t.Error("after it another is granted")
	}
}
