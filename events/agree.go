package events

import "strings"

// owners tells whose each entity of the catalogue is.
var owners = func() map[string]string {
	m := make(map[string]string)
	for _, r := range Catalog {
		if !r.Kind.IsWish() {
			m[r.Kind.Entity] = r.Kind.Owner
		}
	}
	return m
}()

// Agree tells whether all that an event says about itself is one story: its owner is
// the catalogue's, its source the owner's (and the place's, for nodes and gateways),
// and, where Data is known, App, Place and Subject are the payload's. The error is an
// *Unreadable. Whoever reads from the bus has it checked by Parse and Decode.
func (e Event) Agree() error {
	if u := e.agreeSpeaker(); u != nil {
		return u
	}
	if u := e.agreeData(); u != nil {
		return u
	}
	return nil
}

func (e *Event) agreeSpeaker() *Unreadable {
	if e.Kind.IsWish() {
		return nil // anyone wishes, from anywhere
	}
	owner, known := owners[e.Kind.Entity]
	if known && owner != OwnerParticipant && owner != e.Kind.Owner {
		return unreadable("type", disagree+": %s is said by %s, not by %s", e.Kind.Entity, owner, e.Kind.Owner)
	}
	if !isSourceOf(e.Source, e.Kind.Owner, e.Place) {
		return unreadable("source", disagree+": want %s", Source(e.Kind.Owner, e.Place))
	}
	return nil
}

func (e *Event) agreeData() *Unreadable {
	if e.Data == nil || e.Data == (Unknown{}) {
		return nil
	}
	return e.agreeAbout(e.Data.About())
}

// agreeAbout compares the event with what its data are about.
func (e *Event) agreeAbout(about About) *Unreadable {
	switch {
	case about.App != e.App:
		return unreadable("data", disagree+": app %q and %q", e.App, about.App)
	case about.Place != e.Place:
		return unreadable("data", disagree+": place %q and %q", e.Place, about.Place)
	case about.Subject != e.Subject:
		return unreadable("subject", disagree+": %q, the data say %q", e.Subject, about.Subject)
	}
	return nil
}

// agreeSubject takes app, place and owner from the subject on the bus, if the
// envelope says the same kind.
func (e *Event) agreeSubject(subject string) *Unreadable {
	k, app, place, err := ParseSubject(subject)
	if err != nil {
		return unreadable("subject", "%s", err.Error())
	}
	if k.IsWish() != e.Kind.IsWish() || k.Entity != e.Kind.Entity || k.Happened != e.Kind.Happened {
		return unreadable("type", disagree+": %s on %s", e.Kind.Type(), subject)
	}
	e.Kind.Owner, e.App, e.Place, e.located = k.Owner, app, place, true
	return e.agreeSpeaker()
}

func onBus(subject string) bool {
	return strings.HasPrefix(subject, eventPrefix) || strings.HasPrefix(subject, wishPrefix)
}
