package service

import (
	"maps"

	"slipway.dev/events"
)

// letterWish tells whether a wish is about a parked event: the voice's, and nobody
// else's.
func letterWish(e events.Event) bool {
	return e.Kind.IsWish() && (e.Kind.Entity == "requeue" || e.Kind.Entity == "drop")
}

// ask hears a wish about a letter, and what came of reading the event again.
func (s *voiceState) ask(wish events.Event, again any) {
	s.Asked.Hear(wish)
	if w, ok := wish.Data.(events.WishRequeueRequested); ok {
		if r, read := again.(Reread); read {
			s.heard.Get().again[w.Position] = r
		}
	}
}

// free notes that a letter is not parked any more.
func (s *voiceState) free(position, how string) {
	delete(s.Parked, position)
	s.Freed[position] = how
	maps.DeleteFunc(s.Stuck, func(_, at string) bool { return at == position })
	s.forget(position)
}

// forget drops what was heard of an event that stood still: it does no more.
func (s *voiceState) forget(position string) {
	h := s.heard.Get()
	delete(h.parks, position)
	delete(h.again, position)
}

// answer grants a wish about a letter or tells why not.
func (s *voiceState) answer(svc Service, wish events.Event, state string, say *Says) {
	of, drop, words := asked(svc, wish)
	because := func(format string, args ...any) Saying { return say.Because(CauseOf(wish), format, args...) }
	refuse := func(format string, args ...any) { because(format, args...).Fact(events.LetterRefused{OfLetter: of}) }
	by, settled := s.settledAt(of.Position)
	switch why := s.stuck(of.Position); {
	case state != "":
		refuse("%s", state)
	case s.Freed[of.Position] != "":
		refuse("already %s", s.Freed[of.Position])
	case !s.Parked[of.Position] && settled:
		refuse("already dropped for %s", by.Participant)
	case !s.Parked[of.Position]:
		refuse("no event at %s is parked", of.Position)
	case drop:
		because("%s", words).Fact(events.LetterDropped{OfLetter: of})
	case why != "":
		refuse("%s", why)
	default:
		because("%s", words).Fact(events.LetterRequeued{OfLetter: of})
	}
}

// stuck tells why an event that stands still would do so again; empty if it would
// not, or has been read since.
func (s *voiceState) stuck(position string) string {
	h := s.heard.Get()
	p, stands := h.parks[position]
	switch again, read := h.again[position]; {
	case !stands, p.Decided:
		return ""
	case p.Verdict != "unreadable":
		return p.Verdict + ": " + p.Reason // only another version folds it otherwise, and reads the log anew
	case !read:
		return "it has not been read again"
	default:
		return again.Why
	}
}

// asked is what a wish about a letter wants.
func asked(svc Service, wish events.Event) (of events.OfLetter, drop bool, words string) {
	of = events.OfLetter{Participant: svc.Participant(), Place: svc.Place}
	switch w := wish.Data.(type) {
	case events.WishRequeueRequested:
		of.Position, words = w.Position, w.Message
	case events.WishDropRequested:
		of.Position, drop, words = w.Position, true, w.Message
	}
	if words == "" {
		words = wish.Actor + " asked"
	}
	return of, drop, words
}
