package drill

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	// Fresh is how old a wish for a drill may be: a failure that nobody waits for any
	// more is an outage.
	Fresh = 30 * time.Second
	// Longest is the most time a drill may ask for before it heals by itself.
	Longest = 5 * time.Minute
	// doing is how long hands may take for what heals nothing: a kill.
	doing = 10 * time.Second
)

// Book is what a participant knows of drills. It is part of a decider's state.
type Book struct {
	Asked service.Inbox `json:"asked"`
	On    *On           `json:"on,omitempty"`

	done service.Soft[string] // id of the drill its hands have ended
}

// On is the drill that is on.
type On struct {
	ID    string        `json:"id"` // of the fact that began it
	Drill events.Drill  `json:"drill"`
	Try   int           `json:"try,omitempty"` // of the instance
	Boot  int           `json:"boot"`          // incarnation that does it
	Since time.Time     `json:"since"`
	Until time.Time     `json:"until"` // over by then, whoever is asked
	Last  service.Cause `json:"last"`
}

// Done is what hands sense when they have ended a drill.
type Done struct{ ID string }

// Wishes is the subject of the wishes for a participant.
func Wishes(participant string) string {
	return events.Wish("drill", "requested", "", participant)
}

// Says are the kinds a Book says, as its owner says them.
func Says(owner string) (kinds []events.Kind) {
	for _, k := range []events.Kind{events.K[events.DrillBegun](), events.K[events.DrillEnded](), events.K[events.DrillRefused]()} {
		k.Owner = owner
		kinds = append(kinds, k)
	}
	return kinds
}

// Asks tells whether an event is a wish for a drill of a participant.
func Asks(e events.Event, participant string) bool {
	return e.Kind.IsWish() && e.Kind.Entity == "drill" && e.Place == participant
}

// Evolve folds what the participant itself has said of drills.
func (b *Book) Evolve(e events.Event) {
	switch d := e.Data.(type) {
	case events.DrillBegun:
		b.Asked.Fold(e)
		b.On = &On{ID: e.ID, Drill: d.Drill, Try: d.Try, Boot: d.Boot, Since: e.Time, Until: e.Time.Add(lasts(d.Drill)), Last: service.CauseOf(e)}
	case events.DrillRefused:
		b.Asked.Fold(e)
	case events.DrillEnded:
		b.On = nil
	}
}

// lasts is how long a drill is on at most.
func lasts(d events.Drill) time.Duration {
	if d.ForMs > 0 {
		return time.Duration(d.ForMs) * time.Millisecond
	}
	return doing
}

// Sense hears a wish, or that the hands are done.
func (b *Book) Sense(sig service.Signal) {
	if sig.Wish != nil {
		b.Asked.Hear(*sig.Wish)
		return
	}
	if d, ok := sig.Data.(Done); ok {
		*b.done.Get() = d.ID
	}
}

// Acting is the drill the hands of an incarnation must be doing; nil for none.
func (b *Book) Acting(boot int) *On {
	if b.On == nil || b.On.Boot != boot || *b.done.Get() == b.On.ID {
		return nil
	}
	return b.On
}

// Due is when the drill is over.
func (b *Book) Due(now time.Time) time.Time {
	if b.On == nil {
		return time.Time{}
	}
	return service.First(now, b.On.Until)
}

// Terms are what a participant says of itself when it is asked.
type Terms struct {
	Of    events.OfDrill
	Boot  int
	Obeys bool // config drills
	// Can tells whether a drill can be done, of which try of an instance, or else the
	// cause and the words of the refusal.
	Can func(events.Drill) (try int, cause, words string)
}

// Decide ends a drill that is over, then answers the oldest wish.
func (b *Book) Decide(t Terms, now time.Time, say *service.Says) {
	if b.On != nil && b.ends(t, now, say) {
		return
	}
	wish, state, open := b.Asked.Oldest(now)
	if !open {
		return
	}
	w, _ := wish.Data.(events.WishDrillRequested)
	try, cause, words := t.judge(b, wish, w, state, now)
	saying := say.Because(service.CauseOf(wish), "%s", words)
	if cause != "" {
		saying.Fact(events.DrillRefused{OfDrill: t.Of, Cause: cause})
		return
	}
	saying.Fact(events.DrillBegun{OfDrill: t.Of, Drill: w.Drill, Try: try, Boot: t.Boot})
}

func (b *Book) ends(t Terms, now time.Time, say *service.Says) bool {
	why := ""
	switch {
	case b.On.Boot != t.Boot:
		why = "it has started anew since"
	case *b.done.Get() == b.On.ID:
		why = "done"
	case !now.Before(b.On.Until):
		why = "its time is over"
	default:
		return false
	}
	say.Because(b.On.Last, "%s", why).Fact(events.DrillEnded{OfDrill: t.Of, Drill: b.On.Drill, TookMs: max(0, now.Sub(b.On.Since).Milliseconds())})
	return true
}

// judge tells whether a wish is granted, and why not.
func (t Terms) judge(b *Book, wish events.Event, w events.WishDrillRequested, state string, now time.Time) (try int, cause, words string) {
	switch {
	case !t.Obeys:
		return 0, "drills-off", t.Of.Participant + " obeys no drills: its config drills is false"
	case state != "":
		return 0, state, "nobody answered in time"
	case now.Sub(wish.Stored) > Fresh:
		return 0, "expired", fmt.Sprintf("asked for more than %s ago", Fresh)
	case b.On != nil:
		return 0, "busy", b.On.Drill.Kind + " is on"
	case w.ForMs < 0 || w.ForMs > Longest.Milliseconds() || w.DelayMs < 0:
		return 0, "invalid", fmt.Sprintf("%d ms: a drill lasts %s at most", w.ForMs, Longest)
	}
	if try, cause, words = t.Can(w.Drill); cause != "" {
		return 0, cause, words
	}
	return try, "", asked(w)
}

func asked(w events.WishDrillRequested) string {
	words := "asked for: " + w.Kind
	if w.Instance != "" {
		words += " " + w.Instance
	}
	if w.Message != "" {
		words += ": " + w.Message
	}
	return words
}
