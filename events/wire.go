package events

import "time"

// Parse reads an event as it came over the bus: structured, or in binary mode with
// its attributes in the headers. Under slipway.event and slipway.wish the subject
// tells App, Place and Kind.Owner, and must agree with the envelope; elsewhere it
// tells nothing. The data stay bytes: call Decode for the kinds you fold. body must
// not change any more. The error is an *Unreadable.
func Parse(subject string, header map[string][]string, body []byte) (e Event, err error) {
	if isBinary(header) {
		e, err = readBinary(header, body)
	} else {
		e, err = Scan(body)
	}
	if err != nil {
		return Event{}, err
	}
	if onBus(subject) {
		if u := e.agreeSubject(subject); u != nil {
			return Event{}, u
		}
	}
	return e, nil
}

// Decode fills Data from Raw by the catalogue: the payload struct by value, Unknown
// where the kind or its content type is not known. Where Parse knows App and Place
// the data must agree with them; after Scan alone the data tell them. What an older
// version says is told as the newest would have; Kind and Raw stay as said. It does nothing
// where Data is there already. The error is an *Unreadable.
func (e *Event) Decode() error {
	if e.Data != nil {
		return nil
	}
	r := find(e.Kind)
	if _, other := e.Ext[extContentType]; r == nil || other {
		e.Data = Unknown{}
		return nil
	}
	if e.Raw == nil {
		return unreadable("data", "absent")
	}
	data, err := r.decode(e.Raw)
	if err != nil {
		return unreadable("data", "%s", err.Error())
	}
	if e.located && e.Kind.IsWish() {
		if p, may := data.(leavesApp); may {
			data = p.inApp(e.App)
		}
	}
	data = r.newest(data)
	if u := e.take(data); u != nil {
		return u
	}
	return nil
}

// take makes data the event's, which stays as it is where they disagree.
func (e *Event) take(data Payload) *Unreadable {
	app, place, subject, about := e.App, e.Place, e.Subject, data.About()
	var u *Unreadable
	if !e.located { // else the bus has told the place, and Parse has compared the speaker with it
		e.App, e.Place = about.App, about.Place
		u = e.agreeSpeaker()
	}
	if e.Subject == "" {
		e.Subject = about.Subject
	}
	if u == nil {
		u = e.agreeAbout(about)
	}
	if u != nil {
		e.App, e.Place, e.Subject = app, place, subject
		return u
	}
	e.Data = data
	return nil
}

// leavesApp is a wish whose app may stand in its subject alone: it is written by hand.
type leavesApp interface{ inApp(app string) Payload }

// NewWish is a wish as its sender makes it: data is a wish's payload, id a fresh one
// of 1 to 128 bytes, and actor who answers for it (person:alice). It begins a chain.
// It panics on a payload that is not in the catalogue.
func NewWish(actor string, data Payload, now time.Time, id string) Event {
	about := data.About()
	return Event{
		ID: id, Source: wishSource, Kind: KindOf(data),
		App: about.App, Place: about.Place, Subject: about.Subject,
		Time: now.UTC(), Correlation: id, Actor: actor, Data: data,
	}
}
