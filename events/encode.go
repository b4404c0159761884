package events

import (
	"slices"
	"strings"
)

// Encode writes an event as structured JSON: compact, its names in one fixed order,
// so that equal events give equal bytes. Data that were read are written back byte
// for byte from Raw; otherwise Data is written. What Scan would refuse is an
// *Unreadable here.
func Encode(e Event) ([]byte, error) {
	if e.Correlation == "" && e.Cause == "" {
		e.Correlation = e.ID
	}
	if u := e.writable(); u != nil {
		return nil, u
	}
	w := writers.Get().(*writer)
	defer w.free()
	w.attributes(&e)
	if u := w.extensions(&e); u != nil {
		return nil, u
	}
	if u := w.data(&e); u != nil {
		return nil, u
	}
	w.b = append(w.b, '}')
	if len(w.b) > MaxBodyBytes {
		return nil, unreadable("body", "%d bytes, at most %d", len(w.b), MaxBodyBytes)
	}
	return slices.Clone(w.b), nil
}

// writable checks what every event must have before it is written.
func (e *Event) writable() *Unreadable {
	switch k := e.Kind; {
	case !k.isForeign() && (!isWord(k.Entity) || !isHappened(k.Happened) || k.Version < 1):
		return unreadable("type", "%q is no kind", k.Type())
	case k.isForeign() && k.Entity == "":
		return unreadable("type", "empty")
	case e.ID == "":
		return unreadable("id", "empty")
	case e.Source == "":
		return unreadable("source", "empty")
	case e.Subject == "" && !k.isForeign():
		return unreadable("subject", "empty")
	case e.Time.IsZero():
		return unreadable("time", "absent")
	case e.Time.UTC().Year() < 0 || e.Time.UTC().Year() > 9999:
		return unreadable("time", "RFC 3339 ends with the year 9999")
	case e.Correlation == "":
		return unreadable("correlationid", "absent, though there is a cause")
	case k.IsWish() && e.Ordinal != 0:
		return unreadable("ordinal", "a wish has none")
	case !k.IsWish() && !k.isForeign() && e.Ordinal == 0:
		return unreadable("ordinal", "absent")
	case e.Actor != "" && strings.IndexByte(e.Actor, ':') < 1:
		return unreadable("actor", "want <kind>:<name>")
	}
	return e.writableTexts()
}

func (e *Event) writableTexts() *Unreadable {
	for _, t := range [...]struct {
		name string
		slot slot
		text string
	}{
		{"id", slotID, e.ID},
		{"source", slotSource, e.Source},
		{"type", slotType, e.Kind.Entity},
		{"subject", slotSubject, e.Subject},
		{"actor", slotActor, e.Actor},
		{"causationid", slotCause, e.Cause},
		{"correlationid", slotCorrelation, e.Correlation},
		{"reason", slotReason, e.Reason},
		{"traceparent", slotTraceParent, e.TraceParent},
	} {
		if limit := limitOf(t.slot); len(t.text) > limit {
			return unreadable(t.name, "longer than %d bytes", limit)
		}
		if why := checkText(t.text); why != "" {
			return unreadable(t.name, "%s", why)
		}
	}
	return nil
}
