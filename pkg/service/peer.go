package service

import "slipway.dev/events"

// Settled is that another participant of the same service was told to drop an event.
// Who is of the same service reads the same facts, so that the drop holds for it too:
// for whoever stands still over the event, and for whoever joins later and would.
type Settled struct {
	Participant string `json:"participant"` // who dropped it
	Words       string `json:"words"`       // why, as it said
	Cause       Cause  `json:"cause"`       // the fact by which it did
}

// settles tells whether a fact of another participant settles a letter here. A requeue
// does not: it tells what that participant could read, and nothing of this one.
func settles(svc Service, e events.Event) bool {
	return e.Kind.Owner == ownerOf(svc) && e.Place != svc.Place &&
		e.Kind.Entity == "letter" && e.Kind.Happened == "dropped"
}

// settled notes what another participant dropped.
func (s *voiceState) settled(e events.Event) {
	d, ok := e.Data.(events.LetterDropped)
	if !ok {
		return
	}
	if s.Settled == nil {
		s.Settled = map[string]Settled{}
	}
	s.Settled[d.Position] = Settled{Participant: d.Participant, Words: e.Reason, Cause: CauseOf(e)}
	s.forget(d.Position)
}

// saySettled drops what another one has dropped: so it stands in the log for each
// participant that had said to stand still.
func (s *voiceState) saySettled(svc Service, say *Says) {
	for _, at := range Sorted(s.Settled) {
		if _, stands := s.heard.Get().parks[at]; !stands && !s.Parked[at] {
			continue
		}
		by := s.Settled[at]
		say.Because(by.Cause, "dropped for %s: %s", by.Participant, by.Words).Fact(events.LetterDropped{
			OfLetter: events.OfLetter{Participant: svc.Participant(), Place: svc.Place, Position: at},
		})
	}
}
