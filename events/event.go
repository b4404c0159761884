package events

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Event is one CloudEvent 1.0: a fact of SLIPWAY_EVENTS or a wish of
// SLIPWAY_WISHES. Kind, App and Place spell its subject on the bus.
type Event struct {
	ID          string          // facts: ID(guard, ordinal); wishes: made where the person acted
	Source      string          // /slipway/<service>, /slipway/node/<n>, /slipway/gateway/<gw>
	Kind        Kind            // who says what
	App         string          // what it is about; "" is none
	Place       string          // node, gateway, rule, holder …; "" is none
	Subject     string          // CloudEvents subject: web/7, n1/web-7-a1
	Time        time.Time       // when it was said, by the speaker's clock; orders nothing
	Cause       string          // id of the event that caused it; "" at the beginning of a chain
	Correlation string          // id of the first event of the chain
	Actor       string          // <kind>:<name>: person:alice, service:deployer, node:n1
	Reason      string          // why, in an operator's words, with numbers
	TraceParent string          // W3C trace context
	Ordinal     uint64          // number under its guard, from 1, no hole; 0 on wishes
	Wish        Position        // the wish this fact answers; zero for none
	Data        Payload         // what was said; Unknown where no struct is known
	Raw         json.RawMessage // the data's bytes as read, written back as they are; nil on an event not yet written
	Ext         map[string]any  // extensions this version does not know: string, bool or int32; kept and written back

	Pos    Position  // where it stands in its stream; zero while it is not stored
	Stored time.Time // the stream's time of storing; zero while it is not stored

	located bool // App and Place are the bus subject's word, which the data must keep
}

// Payload is what an event says. Every payload struct is a row of the catalogue.
type Payload interface {
	// About tells app, place and CloudEvents subject of what is said.
	About() About
}

// About is where a payload belongs. Empty strings are "none".
type About struct {
	App     string // app token of the subject
	Place   string // place token of the subject
	Subject string // CloudEvents subject, parts joined by Beside
}

// Unknown is the payload of an event whose type this version does not know, or of
// which only the envelope was read. Raw in the Event holds its bytes.
type Unknown struct{}

// About of an unknown payload is empty: the envelope and the subject tell.
func (Unknown) About() About { return About{} }

// ID is the id of a fact: hex of the first 16 bytes of SHA-256 over the
// length-prefixed guard and the ordinal. Stream sequences never enter an id, so
// simulation, scripts and the real bus give the same.
func ID(guard string, ordinal uint64) string {
	b := make([]byte, 0, len(guard)+16)
	b = binary.BigEndian.AppendUint64(b, uint64(len(guard)))
	b = append(b, guard...)
	b = binary.BigEndian.AppendUint64(b, ordinal)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Guard is the guard this fact is said under.
func (e Event) Guard() string { return Guard(e.Kind.Owner, e.App, e.Place) }

// At is when the event was stored; when it was said, if it was not stored yet.
func (e Event) At() time.Time {
	if e.Stored.IsZero() {
		return e.Time
	}
	return e.Stored
}

// Instance is the instance the event speaks of; "" if it speaks of none.
func (e Event) Instance() string {
	if of, ok := e.Data.(interface{ InstanceID() string }); ok {
		return of.InstanceID()
	}
	return ""
}

// StreamSubject is the subject the event is published on.
func (e Event) StreamSubject() string { return Subject(e.Kind, e.App, e.Place) }
