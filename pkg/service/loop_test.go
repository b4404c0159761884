package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

func TestPoison(t *testing.T) {
	unreadable := func(r *rig, app string) {
		r.core.Unreadable(events.K[events.EndpointRegistered](), app, "", events.Position{Era: 1, Seq: r.core.Position().Seq + 1}, "no JSON")
	}
	t.Run("only keys it could matter to stand still; the voice speaks", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("web"), registered("api"))
		r.hear()
		unreadable(r, "web")
		r.ready()
		var said []string
		for _, a := range r.next().Appends {
			said = append(said, a.Events[0].Kind.Name()+" "+a.Events[0].Subject)
		}
		if want := []string{"release.paused api/1", "letter.parked deployer/1:3"}; !slices.Equal(said, want) {
			t.Errorf("said %v, want %v", said, want)
		}
	})
	t.Run("without an app no key is decided", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("web"))
		r.hear()
		unreadable(r, "")
		if says := r.ready().next().Appends; len(says) != 1 || says[0].Events[0].Kind.Entity != "letter" {
			t.Errorf("said %+v", says)
		}
	})
	t.Run("what follows under a parked guard parks nothing more", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		for n := uint64(1); n <= 5; n++ {
			if n == 2 { // lost
				continue
			}
			e := eventOf(registered("web"), n)
			e.Pos = events.Position{Era: 1, Seq: n}
			r.core.Hear(e)
		}
		if p := r.core.Parked(); len(p) != 1 || p[0].Verdict != "gap" || p[0].Pos.Seq != 3 {
			t.Errorf("parked %+v", p)
		}
	})
	t.Run("an event that cannot be folded parks its guard", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		bad := registered("web")
		bad.Address = "panic"
		elsewhere(t, r.log, bad, registered("web"), registered("api"))
		r.hear()
		if p := r.core.Parked(); len(p) != 1 || p[0].Verdict != "panic" || !strings.Contains(p[0].Reason, "nobody can fold") {
			t.Fatalf("parked %+v", p)
		}
		if says := r.ready().next().Appends; len(says) != 2 || says[0].Guard != events.Guard("deployer", "api", "") {
			t.Errorf("said %+v", says)
		}
	})
	t.Run("a key nobody can decide about stands still alone", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("bad"), registered("web"))
		r.ready().settle()
		want := []string{"release.paused web/1", "letter.parked deployer/1:2"}
		if said := facts(r.log, "deployer"); !slices.Equal(said, want) {
			t.Errorf("said %v, want %v", said, want)
		}
	})
	t.Run("a replay is skipped and parks nothing", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		for seq, n := range []uint64{1, 1, 2, 1} {
			e := eventOf(registered("web"), n)
			e.Pos = events.Position{Era: 1, Seq: uint64(seq + 1)}
			r.core.Hear(e)
		}
		s, _ := service.StateOf[pauser, struct{}](r.core.Machines()[0], "web")
		if len(r.core.Parked()) > 0 || s.Wanted != 2 {
			t.Errorf("%d folded, parked %v", s.Wanted, r.core.Parked())
		}
	})
	t.Run("it is said once, over restarts and by twins", func(t *testing.T) {
		all := twins(t, 2, pausing, 0)
		bad := registered("web")
		bad.Address = "panic"
		elsewhere(t, all[0].log, bad)
		all[0].ready()
		early := all[0].snapshot() // parked, and nobody has been told
		if all[0].restart(early).settle(); len(facts(all[0].log, "deployer")) != 1 {
			t.Error("after a restart from a snapshot nobody is told")
		}
		all[1].ready().settle()
		all[1].restart(nil).settle()
		all[0].restart(early).settle()
		if said := facts(all[0].log, "deployer"); !slices.Equal(said, []string{"letter.parked deployer/1:1"}) {
			t.Errorf("said %v", said)
		}
		if says := all[0].next().Appends; len(says) > 0 {
			t.Errorf("still says %+v", says)
		}
	})
}

func TestPromises(t *testing.T) {
	r := newRig(t, pausing(), sim.NewLog(), 0)
	elsewhere(t, r.log, paused("web", 1)) // nobody wanted it
	step := r.ready().next()
	if len(step.Appends) != 1 || step.Appends[0].Events[0].Kind.Name() != "guarantee.violated" || len(step.Start) > 0 {
		t.Fatalf("in the turn that finds a broken promise: %+v", step)
	}
	r.say(step.Appends[0])
	r.settle()
	if len(r.started) > 0 {
		t.Errorf("%v was started for a key whose promise is broken", r.started)
	}
	broken := r.snapshot()
	elsewhere(t, r.log, registered("web")) // mended while nobody was there
	r.restart(broken).settle()
	want := []string{"release.paused web/1", "guarantee.violated deployer/deployer/web", "guarantee.restored deployer/deployer/web"}
	if said := facts(r.log, "deployer"); !slices.Equal(said, want) {
		t.Errorf("said %v, want %v", said, want)
	}
	if !slices.Equal(r.started, []string{"hold/web-1"}) {
		t.Errorf("started %v", r.started)
	}
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
