package service

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// Verdicts on what cannot be folded or heard.
const (
	verdictPanic    = "panic"
	verdictReplayed = "replayed"
)

// copiedEvery is how often it is said at most that events were set aside: whoever
// makes them cannot fill the log with it.
const copiedEvery = time.Minute

// Aside is an event that was set aside and stops nothing: a replayed fact, a wish
// nobody could hear.
type Aside struct {
	Pos     events.Position // of a fact in EVENTS, of a wish in WISHES
	Wish    bool
	Verdict string // replayed, panic
	Reason  string
}

// asides are those not told of yet.
type asides struct {
	last  Aside
	count int
}

func (s *asides) add(a Aside) { s.last, s.count = a, s.count+1 }

// due is when the rest may be told.
func (s *asides) due(v *voiceState, after time.Time) time.Time {
	if at := v.CopiedAt.Add(copiedEvery); s.count > 0 && at.After(after) {
		return at
	}
	return time.Time{}
}

func (s *voiceState) copied(d events.LetterCopied, e events.Event) {
	c := s.copies.Get()
	s.CopiedAt, c.count = e.Time, max(c.count-d.Count, 0) // a twin's word counts as ours
}

func (s *voiceState) sayCopied(svc Service, now time.Time, say *Says) {
	c := s.copies.Get()
	if c.count == 0 || now.Before(s.CopiedAt.Add(copiedEvery)) {
		return
	}
	say.Because(Cause{}, "%d set aside, the last %s: %s", c.count, c.last.Verdict, c.last.Reason).Fact(events.LetterCopied{
		OfLetter: events.OfLetter{Participant: svc.Participant(), Place: svc.Place, Position: c.last.Pos.String()},
		Verdict:  c.last.Verdict, Count: c.count,
	})
}

// setAside tells the voice of an event that stops nothing, and whoever copies it.
func (c *Core) setAside(a Aside) {
	if c.Aside != nil {
		c.Aside(a)
	}
	c.senseOwn(a)
}

// sensePromise is that everything that was heard or sensed could be taken in.
const sensePromise = "sense"

// sense lets one machine hear a signal. Hearsay that nobody can take in is no reason
// to end: a wish is set aside, of anything else the promise is broken.
func (c *Core) sense(i int, m Machine, sig Signal, now time.Time) (keys []string) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case i == c.voice.machine:
			panic(p) // nobody is left to tell of it
		case sig.Wish != nil:
			c.setAside(Aside{Pos: sig.Wish.Pos, Wish: true, Verdict: verdictPanic, Reason: fmt.Sprint(p)})
		default:
			c.deaf++
			c.broken(Broken{Name: sensePromise, Key: m.Owner(), Detail: fmt.Sprintf("%T: %v", sig.Data, p), At: c.pos})
		}
	}()
	return m.Sense(sig, now)
}

// panicAt is where a decision stands that panics: where it was told of before, so that
// no new letter is said after each restart, else here.
func (c *Core) panicAt(guard string) events.Position {
	said, _ := StateOf[voiceState, struct{}](c.machines[c.voice.machine], voiceKey)
	if said == nil {
		return c.pos
	}
	at, err := events.ParsePosition(said.Stuck[guard])
	if err != nil {
		return c.pos
	}
	return at
}
