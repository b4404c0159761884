package events

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

// isExtensionName tells whether CloudEvents allows the name: [a-z0-9]{1,20}.
func isExtensionName[T string | []byte](name T) bool {
	for i := range len(name) {
		if !isLower(name[i]) && !isDigit(name[i]) {
			return false
		}
	}
	return len(name) > 0 && len(name) <= maxExtNameBytes
}

// envelope is an event on its way in: what has been seen of it so far.
type envelope struct {
	Event
	seen   uint32 // one bit per slot
	schema string
	other  string // content type, where it is not JSON
}

// mark notes that a slot was seen and tells whether that is the first time.
func (v *envelope) mark(s slot) bool {
	bit := uint32(1) << s
	first := v.seen&bit == 0
	v.seen |= bit
	return first
}

func (v *envelope) has(s slot) bool { return v.seen&(1<<s) != 0 }

// attribute takes one attribute's text. It returns why it cannot be read.
func (v *envelope) attribute(s slot, text []byte) (why string) {
	limit := limitOf(s)
	if len(text) > limit {
		return "longer than " + strconv.Itoa(limit) + " bytes"
	}
	switch s {
	case slotSpecVersion:
		if string(text) != specVersion {
			return "want 1.0"
		}
		return ""
	case slotContentType:
		if string(text) != jsonType && !isJSONType(string(text)) {
			v.other = string(text)
		}
		return ""
	case slotType:
		return v.readType(text)
	case slotTime:
		return v.readTime(text)
	case slotOrdinal:
		return v.readOrdinal(string(text))
	case slotSchema:
		if v.Kind.Version > 0 && isPlain(text) {
			return "" // of a type of ours it is ignored
		}
	}
	return v.keep(s, v.shared(text))
}

// keep takes an attribute that is a text and nothing else.
func (v *envelope) keep(s slot, text string) (why string) {
	if why = checkText(text); why != "" {
		return why
	}
	switch s {
	case slotID:
		v.ID = text
	case slotSource:
		v.Source = text
	case slotSubject:
		v.Subject = text
	case slotSchema:
		v.schema = text
	case slotActor:
		v.Actor = text
	case slotCause:
		v.Cause = text
	case slotCorrelation:
		v.Correlation = text
	case slotReason:
		v.Reason = text
	case slotTraceParent:
		v.TraceParent = text
	case slotWish:
		p, err := ParsePosition(text)
		if err != nil || p.IsZero() {
			return "want era:seq, such as 1:812"
		}
		v.Wish = p
	}
	return ""
}

func (v *envelope) readType(text []byte) (why string) {
	if r, ok := byTypeName[string(text)]; ok { // the common case, without a copy
		v.Kind = r.Kind
		return ""
	}
	name := string(text)
	if why = checkText(name); why != "" {
		return why
	}
	k, err := ParseType(name)
	if err != nil {
		k = Kind{Entity: name}
	}
	v.Kind = k
	return ""
}

func (v *envelope) readTime(text []byte) (why string) {
	var t time.Time
	if err := t.UnmarshalText(text); err != nil {
		return "want RFC 3339, such as 2026-01-02T15:04:05.999Z"
	}
	v.Time = t.UTC()
	return ""
}

func (v *envelope) readOrdinal(text string) (why string) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || text[0] == '0' { // ParseUint refuses a sign
		return `want a decimal number from "1"`
	}
	v.Ordinal = n
	return ""
}

// extend keeps an extension this version does not know; nil, until event, one that
// is there and says nothing.
func (v *envelope) extend(name string, value any) *Unreadable {
	if _, twice := v.Ext[name]; twice {
		return unreadable(name, "stands twice")
	}
	if text, ok := value.(string); ok {
		if len(text) > MaxExtBytes {
			return unreadable(name, "longer than %d bytes", MaxExtBytes)
		}
		if why := checkText(text); why != "" {
			return unreadable(name, "%s", why)
		}
	}
	if v.Ext == nil {
		v.Ext = make(map[string]any)
	}
	v.Ext[name] = value
	return nil
}

// event is the whole event, once everything was seen.
func (v *envelope) event() (Event, error) {
	e := &v.Event
	switch foreign := e.Kind.isForeign(); {
	case !v.has(slotSpecVersion):
		return Event{}, unreadable("specversion", "absent")
	case e.ID == "":
		return Event{}, unreadable("id", "empty")
	case e.Source == "":
		return Event{}, unreadable("source", "empty")
	case foreign && e.Kind.Entity == "":
		return Event{}, unreadable("type", "empty")
	case e.Kind.IsWish() && e.Ordinal != 0:
		return Event{}, unreadable("ordinal", "a wish has none")
	case !foreign && !e.Kind.IsWish() && e.Ordinal == 0:
		return Event{}, unreadable("ordinal", "absent")
	case foreign && v.schema != "":
		if u := v.extend(extSchema, v.schema); u != nil {
			return Event{}, u
		}
	}
	if v.other != "" {
		if u := v.extend(extContentType, v.other); u != nil {
			return Event{}, u
		}
	}
	maps.DeleteFunc(e.Ext, func(_ string, value any) bool { return value == nil })
	if len(e.Ext) == 0 {
		e.Ext = nil
	}
	if e.Correlation == "" && e.Cause == "" {
		e.Correlation = e.ID
	}
	if !e.Kind.IsWish() {
		e.Kind.Owner = ownerOf(e.Source)
	}
	return *e, nil
}

// isJSONType tells whether a content type is application/json, parameters or not.
func isJSONType(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), jsonType)
}

// byTypeName finds a kind by its CloudEvents type. One entity has one owner, so no
// two rows share a type.
var byTypeName = func() map[string]*Row {
	m := make(map[string]*Row, len(Catalog))
	for i := range Catalog {
		m[Catalog[i].Kind.Type()] = &Catalog[i]
	}
	return m
}()

// common holds the texts that most envelopes repeat.
var common = func() map[string]string {
	m := make(map[string]string)
	for _, r := range Catalog {
		for _, s := range []string{Source(r.Kind.Owner, ""), Actor(r.Kind.Owner, "")} {
			m[s] = s
		}
	}
	return m
}()

// shared is the text as a string, without an allocation where the same one is there
// already: a service's name, the id again as correlation.
func (v *envelope) shared(text []byte) string {
	switch s, ok := common[string(text)]; {
	case ok:
		return s
	case string(text) == v.Cause:
		return v.Cause
	case string(text) == v.ID:
		return v.ID
	}
	return string(text)
}
