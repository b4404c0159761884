package bus

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	headerID       = "Nats-Msg-Id"
	headerStream   = "Nats-Expected-Stream"
	headerExpected = "Nats-Expected-Last-Subject-Sequence"
	headerGuard    = "Nats-Expected-Last-Subject-Sequence-Subject"
	headerType     = "content-type"
	cloudEvent     = "application/cloudevents+json"
)

// draft is one event in the bytes that go over the wire, every try the same.
type draft struct {
	subject string
	id      string
	body    []byte
}

// drafts validates a decision and encodes it. What it refuses is a bug of the
// writer, so nothing is sent.
func (b *Bus) drafts(guard string, es []events.Event) ([]draft, error) {
	if len(es) == 0 || len(es) > events.MaxAppendEvents {
		return nil, rejected("%d events: want 1 to %d", len(es), events.MaxAppendEvents)
	}
	drafts, size := make([]draft, 0, len(es)), 0
	for _, e := range es {
		if err := b.admissible(guard, e); err != nil {
			return nil, err
		}
		body, err := events.Encode(e)
		if err != nil {
			return nil, rejected("encode %s: %v", e.Kind.Name(), err)
		}
		if len(body) > events.MaxBodyBytes {
			return nil, rejected("%s is %d bytes: want at most %d", e.Kind.Name(), len(body), events.MaxBodyBytes)
		}
		size += len(body)
		drafts = append(drafts, draft{subject: e.StreamSubject(), id: e.ID, body: body})
	}
	if size > events.MaxAppendBytes {
		return nil, rejected("%d bytes in all: want at most %d", size, events.MaxAppendBytes)
	}
	return drafts, nil
}

// admissible tells why an event may not be said under a guard.
func (b *Bus) admissible(guard string, e events.Event) error {
	row, known := events.Find(e.Kind)
	switch {
	case !known || e.Kind.IsWish():
		return rejected("%s %s is not a fact of the catalogue", e.Kind.Owner, e.Kind.Name())
	case row.Since > int(b.level.Load()):
		return rejected("%s needs level %d, the log is at %d", e.Kind.Name(), row.Since, b.level.Load())
	case e.Guard() != guard:
		return rejected("%s counts under %s, not under %s", e.Kind.Name(), e.Guard(), guard)
	case e.Ordinal == 0 || e.ID != events.ID(guard, e.Ordinal):
		return rejected("%s: id %q is not that of ordinal %d", e.Kind.Name(), e.ID, e.Ordinal)
	case len(e.StreamSubject()) > events.MaxSubjectBytes:
		return rejected("%s: subject longer than %d bytes", e.Kind.Name(), events.MaxSubjectBytes)
	}
	return nil
}

// message makes the message of one try. Every message of an append carries the
// whole set of headers: one without would break the guard of the others.
func (d draft) message(guard string, expected uint64, again int) *nats.Msg {
	m := nats.NewMsg(d.subject)
	m.Data = d.body
	m.Header.Set(headerID, d.messageID(again))
	m.Header.Set(headerStream, events.StreamEvents)
	m.Header.Set(headerExpected, strconv.FormatUint(expected, 10))
	m.Header.Set(headerGuard, guard)
	m.Header.Set(headerType, cloudEvent)
	return m
}

// messageID is the event's id; where somebody else has taken it for a foreign
// message, the id with a number behind it.
func (d draft) messageID(again int) string {
	if again == 0 {
		return d.id
	}
	return d.id + "." + strconv.Itoa(again+1)
}

// is tells whether a stored message is this draft: by id and by every byte, since
// a twin says other bytes under the same id.
func (d draft) is(header nats.Header, body []byte) bool {
	id := header.Get(headerID)
	if cut := len(d.id); len(id) > cut && id[cut] == '.' {
		id = id[:cut]
	}
	return id == d.id && bytes.Equal(body, d.body)
}

func rejected(format string, args ...any) error {
	return &service.ErrRejected{Why: fmt.Sprintf(format, args...)}
}
