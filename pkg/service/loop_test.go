package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

func TestADecisionCutShort(t *testing.T) {
	t.Run("bus-7 after a crash between two words only the second is said, as it would have been", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("web"), registered("web"))
		whole := r.ready().next().Appends[0]
		cut := whole
		cut.Events = whole.Events[:1]
		r.say(cut)
		rest := r.restart(nil).next().Appends
		if len(rest) != 1 || len(rest[0].Events) != 1 {
			t.Fatalf("after the crash it says %+v", rest)
		}
		if got, want := rest[0].Events[0], whole.Events[1]; got.ID != want.ID || got.Ordinal != want.Ordinal || got.Subject != want.Subject {
			t.Errorf("it says %s %d of %s, want %s %d of %s", got.ID, got.Ordinal, got.Subject, want.ID, want.Ordinal, want.Subject)
		}
	})
	t.Run("bus-34 cut after each word, by a crash or not, every promise holds and the rest is said", func(t *testing.T) {
		const n = 6
		for said := range n {
			for _, crash := range []bool{false, true} {
				r := newRig(t, pausing(), sim.NewLog(), 0)
				for range n {
					elsewhere(t, r.log, registered("web"))
				}
				a := r.ready().next().Appends[0]
				var res service.Result
				if said > 0 {
					res, _ = r.log.Append(a.Guard, a.Expected, a.Events[:said], r.now)
				}
				if crash {
					r.restart(nil)
				} else {
					r.core.Appended(a, res, service.ErrUnclear, r.now)
					r.now = r.now.Add(time.Second)
					if said > 0 && len(r.next().Appends) > 0 {
						t.Errorf("cut after %d: decides again before what is stored has come back", said)
					}
				}
				r.hear()
				if err := r.core.Machines()[0].Check("web"); err != nil {
					t.Errorf("cut after %d: %v", said, err)
				}
				r.settle()
				if names := facts(r.log, "deployer"); len(names) != n || once(names, "") != nil {
					t.Errorf("cut after %d, crash %t: in the end %v", said, crash, names)
				}
			}
		}
	})
}

// bus-33: a word whose outcome is unclear is dropped and decided again; the late
// original is stored or refused, never both.
func TestAnUnclearWord(t *testing.T) {
	for name, late := range map[string]bool{"bus-33 the original comes after the new word": true, "bus-33 it comes before": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, pausing(), sim.NewLog(), 0)
			elsewhere(t, r.log, registered("web"))
			original := r.ready().next().Appends[0]
			r.core.Appended(original, service.Result{}, service.ErrUnclear, r.now)
			if step := r.next(); len(step.Appends) > 0 || step.Due.IsZero() {
				t.Fatalf("unclear, and at once it says %v, due %s", step.Appends, step.Due)
			}
			elsewhere(t, r.log, registered("web")) // the state has gone on
			r.now = r.now.Add(100 * time.Millisecond)
			arrives := func() error {
				_, err := r.log.Append(original.Guard, original.Expected, original.Events, r.now)
				return err
			}
			if !late {
				if err := arrives(); err != nil {
					t.Fatal(err)
				}
			}
			r.settle()
			if late {
				var refused *service.ErrConflict
				if err := arrives(); !errors.As(err, &refused) {
					t.Errorf("the late original: %v", err)
				}
			}
			r.settle()
			if names := facts(r.log, "deployer"); len(names) != 2 || once(names, "") != nil {
				t.Errorf("in the end %v", names)
			}
		})
	}
}

func TestWishes(t *testing.T) {
	t.Run("bus-21 after a restart the answered are not answered again, the open ones are, once", func(t *testing.T) {
		all := twins(t, 2, pausing, 0)
		var wishes []events.Event
		for i := range 4 {
			w := events.NewWish("person:alice", events.WishAppRetired{OfApp: events.OfApp{App: "web"}}, sim.Start, fmt.Sprint("wish", i))
			w.Pos, w.Stored = events.Position{Era: 1, Seq: uint64(i + 1)}, sim.Start
			wishes = append(wishes, w)
		}
		hearAll := func(r *rig, ws []events.Event) {
			for _, w := range ws {
				r.core.Sense(service.Signal{Wish: &w}, r.now)
			}
		}
		for _, r := range all {
			hearAll(r, wishes[:2])
			r.ready()
		}
		for _, r := range all {
			r.settle()
		}
		if n := len(facts(all[0].log, "deployer")); n != 2 {
			t.Fatalf("2 wishes, %d answers", n)
		}
		for _, snapshot := range [][]byte{nil, all[0].snapshot()} {
			for _, r := range all {
				r.restart(snapshot)
				hearAll(r, wishes) // all of them again, as the stream keeps them
			}
			for _, r := range all {
				r.settle()
			}
			if n := len(facts(all[0].log, "deployer")); n != 4 {
				t.Fatalf("4 wishes, %d answers", n)
			}
		}
		for seq := uint64(1); seq <= 4; seq++ {
			if e := all[0].log.At(seq); e.Wish.Seq != seq || e.Cause != wishes[seq-1].ID || e.Actor != "person:alice" {
				t.Errorf("answer %d answers wish %s by %s", seq, e.Wish, e.Actor)
			}
		}
	})
}

func TestActsOfAKeyThatIsGoneEnd(t *testing.T) {
	r := newRig(t, pausing(), sim.NewLog(), 0)
	elsewhere(t, r.log, registered("web"))
	r.ready().settle()
	elsewhere(t, r.log, events.AppRetired{OfApp: events.OfApp{App: "web"}})
	r.settle()
	if !slices.Equal(r.started, []string{"hold/web-1"}) || !slices.Equal(r.ended, r.started) {
		t.Errorf("started %v, ended %v", r.started, r.ended)
	}
	if step := r.next(); len(step.Cancel)+len(step.Start)+len(step.Appends) > 0 {
		t.Errorf("then %+v", step)
	}
	if n := r.core.KeysKept(); n > 0 {
		t.Errorf("%d keys kept", n)
	}
}

// bus-9: a message heard twice is folded once.
func TestAMessageHeardTwice(t *testing.T) {
	r := newRig(t, pausing(), sim.NewLog(), 0)
	elsewhere(t, r.log, registered("web"), registered("web"), registered("web"))
	r.hear()
	before := r.snapshot()
	for seq := uint64(1); seq <= r.log.Len(); seq++ {
		r.core.Hear(r.log.At(seq))
	}
	if string(before) != string(r.snapshot()) {
		t.Errorf("heard twice:\n%s\nonce:\n%s", r.snapshot(), before)
	}
}

func TestHandsAreFew(t *testing.T) {
	r := newRig(t, agency(), sim.NewLog(), 0)
	for i := range events.MaxActs + 5 {
		of := instance(fmt.Sprintf("web-1-a%03d", i))
		elsewhere(t, r.log, events.PlacementPlaced{OfInstance: of}, events.InstanceStarting{OfInstance: of, Try: 1, Boot: 1})
	}
	r.core.Sense(service.Signal{Data: boot{"one"}}, r.now)
	r.ready().settle()
	if len(r.started) != events.MaxActs {
		t.Fatalf("%d acts at once, want %d", len(r.started), events.MaxActs)
	}
	for i := range 5 {
		r.core.Done(r.started[i])
	}
	r.settle()
	if len(r.started) != events.MaxActs+5 {
		t.Errorf("%d acts in all after 5 ended, want %d", len(r.started), events.MaxActs+5)
	}
}
