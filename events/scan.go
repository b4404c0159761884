package events

import (
	"encoding/base64"
	"strconv"
)

// Scan reads the envelope of a structured event and leaves its data as bytes: Raw is
// a part of body, which must not change any more, and Data is nil until Decode. The
// owner is what the source says; App and Place stay empty, as only the subject on the
// bus tells them (Parse). Time is zero where the sender gave none. The error is an
// *Unreadable.
//
// It is strict where encoding/json is not: a name that stands twice or in another
// letter case is refused, and so is everything that is no UTF-8.
func Scan(body []byte) (Event, error) {
	if len(body) > MaxBodyBytes {
		return Event{}, unreadable("body", "%d bytes, at most %d", len(body), MaxBodyBytes)
	}
	s := scan{cursor: cursor{b: body}, bad: firstBad(body)}
	if u := s.object(); u != nil {
		return Event{}, u
	}
	return s.event()
}

// scan is one structured event being read.
type scan struct {
	cursor
	envelope
	bad int // the first byte that is no UTF-8; len(b) if all are
}

func (s *scan) object() *Unreadable {
	if !s.eat('{') {
		return unreadable("body", "want a JSON object")
	}
	for end := s.eat('}'); !end; end = s.eat('}') {
		if u := s.member(); u != nil {
			return u
		}
		if s.peek() == '}' {
			continue
		}
		if !s.eat(',') || s.peek() != '"' {
			return unreadable("body", whyNoJSON+" at byte %d", s.i)
		}
	}
	if s.peek(); s.i < len(s.b) {
		return unreadable("body", "%d bytes after the event", len(s.b)-s.i)
	}
	return nil
}

// member reads one name and its value.
func (s *scan) member() *Unreadable {
	name, plain, why := s.text()
	if why != "" {
		return unreadable("body", "%s at byte %d", why, s.i)
	}
	at := slotOf(string(name))
	if at == slotExtension && (!plain || !isExtensionName(name)) {
		return unreadable(string(name), "illegal name: want [a-z0-9]{1,20}")
	}
	if at != slotExtension && !s.mark(at) {
		return unreadable(string(name), "stands twice")
	}
	if !s.eat(':') {
		return unreadable(string(name), whyNoJSON)
	}
	switch at {
	case slotData, slotBase64:
		if u := s.data(at); u != nil {
			return u
		}
	case slotExtension:
		if u := s.extension(string(name)); u != nil {
			return u
		}
	default:
		if why := s.known(at); why != "" {
			return unreadable(string(name), "%s", why)
		}
	}
	if s.bad < s.i {
		return unreadable(string(name), "invalid UTF-8")
	}
	return nil
}

// known reads an attribute whose value is a text; null means absent, as CloudEvents
// has it.
func (s *scan) known(at slot) (why string) {
	switch s.peek() {
	case 'n':
		if at == slotSpecVersion {
			return "want " + specVersion
		}
		return s.word("null")
	case '"':
	default:
		return "want a string"
	}
	text, plain, why := s.text()
	if why != "" {
		return why
	}
	if !plain {
		if text, why = unescape(text); why != "" {
			return why
		}
	}
	return s.attribute(at, text)
}

// data keeps the data's bytes as they stand, or as data_base64 spells them.
func (s *scan) data(at slot) *Unreadable {
	if s.has(slotData) && s.has(slotBase64) {
		return unreadable("data", "stands beside data_base64")
	}
	s.peek()
	start := s.i
	if why := s.value(1); why != "" {
		return unreadable("data", "%s", why)
	}
	s.Raw = s.b[start:s.i:s.i]
	return nil
}

func (s *scan) extension(name string) *Unreadable {
	switch s.peek() {
	case '"':
		text, plain, why := s.text()
		if why == "" && !plain {
			text, why = unescape(text)
		}
		if why != "" {
			return unreadable(name, "%s", why)
		}
		return s.extend(name, string(text))
	case 't', 'f':
		yes := s.b[s.i] == 't'
		if why := s.value(1); why != "" {
			return unreadable(name, "%s", why)
		}
		return s.extend(name, yes)
	case 'n':
		if why := s.word("null"); why != "" {
			return unreadable(name, "%s", why)
		}
		return s.extend(name, nil)
	}
	start := s.i
	if why := s.number(); why != "" {
		return unreadable(name, "want a string, a boolean or an integer")
	}
	n, err := strconv.ParseInt(string(s.b[start:s.i]), 10, 32)
	if err != nil {
		return unreadable(name, "want an integer of 32 bits")
	}
	return s.extend(name, int32(n))
}

// event hands the whole event out, its data as the content type asks.
func (s *scan) event() (Event, error) {
	if u := s.settleData(); u != nil {
		return Event{}, u
	}
	return s.envelope.event()
}

// settleData takes the JSON string off data that is no JSON: Raw then holds the bytes
// the sender meant.
func (s *scan) settleData() *Unreadable {
	isText := len(s.Raw) > 1 && s.Raw[0] == '"'
	switch {
	case s.has(slotBase64):
		if !isText {
			return unreadable("data_base64", "want a string")
		}
		text, why := unescape(s.Raw[1 : len(s.Raw)-1])
		if why != "" {
			return unreadable("data_base64", "%s", why)
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(string(text))
		if err != nil {
			return unreadable("data_base64", "want base64")
		}
		s.Raw = raw
		if s.other == "" {
			return checkJSON("data_base64", raw)
		}
	case s.other != "" && isText:
		text, why := unescape(s.Raw[1 : len(s.Raw)-1])
		if why != "" {
			return unreadable("data", "%s", why)
		}
		s.Raw = text
	}
	return nil
}

// checkJSON tells why raw is not one JSON value and nothing else.
func checkJSON(attribute string, raw []byte) *Unreadable {
	if firstBad(raw) < len(raw) {
		return unreadable(attribute, "invalid UTF-8")
	}
	c := cursor{b: raw}
	if why := c.value(1); why != "" {
		return unreadable(attribute, "%s", why)
	}
	if c.peek(); c.i < len(raw) {
		return unreadable(attribute, "%d bytes after the data", len(raw)-c.i)
	}
	return nil
}
