package service

import (
	"time"

	"slipway.dev/events"
)

// voice is the decider every participant has beside its own: it says what could
// not be read and which promise did not hold. Its key is the participant's "_", or
// a node's and gateway's own guard.
func voice(svc Service) Machine {
	owner := ownerOf(svc)
	return Of(Decider[voiceState, struct{}]{
		Owner: owner,
		New: func(string) *voiceState {
			return &voiceState{Broken: map[string]bool{}, Parked: map[string]bool{}, Freed: map[string]string{}, Stuck: map[string]string{}}
		},
		Guard:   func(string) string { return events.Guard(owner, "", svc.Place) },
		Keys:    func(e events.Event) []string { return voiceKeys(svc, e) },
		Touches: func(s Signal) []string { return voiceTouches(s) },
		Evolve:  func(_ string, s *voiceState, _ *struct{}, e events.Event) { s.evolve(svc, e) },
		Sense:   func(s *voiceState, _ *struct{}, sig Signal, _ time.Time) { s.sense(sig) },
		Decide:  func(s *voiceState, _ *struct{}, now time.Time) Says { return s.decide(svc, now) },
		Due:     func(s *voiceState, _ *struct{}, after time.Time) time.Time { return s.copies.Get().due(s, after) },
	})
}

const voiceKey = "_"

type voiceState struct {
	Broken map[string]bool `json:"broken"` // promises said to be violated, by name and key
	Parked map[string]bool `json:"parked"` // letters said to be parked, by position

	Freed map[string]string `json:"freed"` // letters that are not parked any more: requeued or dropped

	Settled map[string]Settled `json:"settled,omitempty"` // letters that another participant of the service dropped, by position

	Asked Inbox `json:"asked"` // wishes about letters

	Stuck map[string]string `json:"stuck"` // positions of the letters of panics that stand, by guard

	CopiedAt time.Time `json:"copiedAt,omitzero"` // when it was said last that events were set aside

	heard  Soft[voiceHeard]
	copies Soft[asides]
}

type voiceHeard struct {
	broken map[string]Broken
	mended map[string]Mended
	parks  map[string]Park   // what stands still now, by position
	again  map[string]Reread // what came of reading it again, by position

	elsewhere map[string]Settled // what others dropped whom the reader does not hear, by position
}

func ownerOf(svc Service) string { return svc.Name }

func voiceSays(svc Service) (kinds []events.Kind) {
	for _, k := range []events.Kind{
		events.K[events.LetterParked](), events.K[events.LetterCopied](), events.K[events.LetterRequeued](), events.K[events.LetterDropped](), events.K[events.LetterRefused](),
		events.K[events.GuaranteeViolated](), events.K[events.GuaranteeRestored](),
	} {
		k.Owner = ownerOf(svc)
		kinds = append(kinds, k)
	}
	return kinds
}

func voiceKeys(svc Service, e events.Event) []string {
	if letterWish(e) && e.Place == svc.Participant() {
		return []string{voiceKey}
	}
	if settles(svc, e) {
		return []string{voiceKey}
	}
	if e.Kind.Owner != ownerOf(svc) || e.Place != svc.Place || e.Kind.Entity != "letter" && e.Kind.Entity != "guarantee" {
		return nil
	}
	return []string{voiceKey}
}

func voiceTouches(s Signal) []string {
	switch s.Data.(type) {
	case Broken, Mended, Park, Aside, elsewhere:
		return []string{voiceKey}
	}
	return nil
}

func (s *voiceState) evolve(svc Service, e events.Event) {
	if settles(svc, e) {
		s.settled(e)
		return
	}
	s.Asked.Fold(e)
	switch d := e.Data.(type) {
	case events.GuaranteeViolated:
		s.Broken[d.Name+"/"+d.Key] = true
	case events.GuaranteeRestored:
		delete(s.Broken, d.Name+"/"+d.Key)
	case events.LetterParked:
		s.Parked[d.Position] = true
		delete(s.Freed, d.Position)
		if d.Verdict == verdictPanic {
			s.Stuck[d.Guard] = d.Position
		}
	case events.LetterCopied:
		s.copied(d, e)
	case events.LetterRequeued:
		s.free(d.Position, "requeued")
	case events.LetterDropped:
		s.free(d.Position, "dropped")
	}
}

func (s *voiceState) sense(sig Signal) {
	h := s.heard.Get()
	if h.broken == nil {
		*h = voiceHeard{map[string]Broken{}, map[string]Mended{}, map[string]Park{}, map[string]Reread{}, map[string]Settled{}}
	}
	if sig.Wish != nil {
		s.ask(*sig.Wish, sig.Data)
		return
	}
	switch d := sig.Data.(type) {
	case Broken:
		h.broken[d.Name+"/"+d.Key] = d
		delete(h.mended, d.Name+"/"+d.Key)
	case Mended:
		h.mended[d.Name+"/"+d.Key] = d
		delete(h.broken, d.Name+"/"+d.Key)
	case Park:
		h.parks[d.Pos.String()] = d
	case elsewhere:
		h.elsewhere[d.at] = d.by
	case Aside:
		s.copies.Get().add(d)
	}
}

func (s *voiceState) decide(svc Service, now time.Time) (say Says) {
	h := s.heard.Get()
	of := func(name, key string) events.OfGuarantee {
		return events.OfGuarantee{Participant: svc.Participant(), Place: svc.Place, Name: name, Key: key}
	}
	for _, id := range Sorted(h.parks) {
		_, settled := s.settledAt(id)
		if p := h.parks[id]; !s.Parked[id] && !settled {
			say.Because(Cause{}, "%s: %s", p.Verdict, p.Reason).Fact(events.LetterParked{
				OfLetter: events.OfLetter{Participant: svc.Participant(), Place: svc.Place, Position: id},
				Guard:    p.Guard, Verdict: p.Verdict,
			})
		}
	}
	s.saySettled(svc, &say)
	s.sayCopied(svc, now, &say)
	if wish, state, open := s.Asked.Oldest(now); open && say.Empty() {
		s.answer(svc, wish, state, &say)
	}
	for _, id := range Sorted(h.broken) {
		if b := h.broken[id]; !s.Broken[id] {
			say.Because(Cause{}, "%s", b.Detail).Fact(events.GuaranteeViolated{OfGuarantee: of(b.Name, b.Key), Detail: b.Detail})
		}
	}
	for _, id := range Sorted(h.mended) {
		if m := h.mended[id]; s.Broken[id] {
			say.Because(Cause{}, "holds again").Fact(events.GuaranteeRestored{OfGuarantee: of(m.Name, m.Key)})
		}
	}
	return say
}
