package service

import (
	"maps"

	"slipway.dev/events"
)

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
	at, by, ok := settledBy(e)
	if !ok {
		return
	}
	if s.Settled == nil {
		s.Settled = map[string]Settled{}
	}
	s.Settled[at] = by
	s.forget(at)
}

func settledBy(e events.Event) (at string, by Settled, ok bool) {
	d, ok := e.Data.(events.LetterDropped)
	return d.Position, Settled{Participant: d.Participant, Words: e.Reason, Cause: CauseOf(e)}, ok
}

// elsewhere is what another participant dropped, to one that reads only its own corner
// of the log: hearsay, since it has no place among what is folded. It becomes a fact by
// this participant's own word, which frees what stands still.
type elsewhere struct {
	at string
	by Settled
}

// elsewhere hears of such a drop; what cannot be read is for its own reader to tell of.
func (r *runner) elsewhere(m Message) (Signal, error) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	at, by, ok := settledBy(e)
	if err != nil || !ok || !settles(r.svc, e) {
		return Signal{}, nil
	}
	return Signal{Data: elsewhere{at, by}}, nil
}

// settledAt tells who dropped an event, by the log or by hearsay.
func (s *voiceState) settledAt(at string) (by Settled, ok bool) {
	if by, ok = s.Settled[at]; !ok {
		by, ok = s.heard.Get().elsewhere[at]
	}
	return by, ok
}

// saySettled drops what another one has dropped: so it stands in the log for each
// participant that had said to stand still.
func (s *voiceState) saySettled(svc Service, say *Says) {
	h := s.heard.Get()
	standing := map[string]bool{}
	maps.Copy(standing, s.Parked)
	for at := range h.parks {
		standing[at] = true
	}
	for _, at := range Sorted(standing) {
		by, ok := s.settledAt(at)
		if !ok {
			continue
		}
		say.Because(by.Cause, "dropped for %s: %s", by.Participant, by.Words).Fact(events.LetterDropped{
			OfLetter: events.OfLetter{Participant: svc.Participant(), Place: svc.Place, Position: at},
		})
	}
}
