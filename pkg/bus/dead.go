package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	deadPosition = "slipway-dead-position"
	deadSubject  = "slipway-dead-subject"
	deadReason   = "slipway-dead-reason"
	deadVerdict  = "slipway-dead-verdict"
	deadVersion  = "slipway-dead-version"
)

// Letter is an event that a participant could not read, with the reason.
type Letter struct {
	Participant string // deployer, node-n1, gateway-gw1-a
	App, Entity string // of its subject; "" where that cannot be parsed
	Verdict     string // unreadable, forged, replayed, foreign, gap, panic
	Reason      string // cut at 512 bytes
	Version     string // of the participant's binary
	Message     service.Message
}

// PutDead keeps a letter with the original bytes untouched. What stood at one position
// of one stream, put again by the same participant, is the same letter.
func (b *Bus) PutDead(ctx context.Context, l Letter) error {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	if _, err := b.publish(ctx, l.message()); err != nil {
		return fmt.Errorf("put dead letter of %s: %w", l.Message.Pos, err)
	}
	return nil
}

func (l Letter) message() *nats.Msg {
	at := l.Message.Pos.String()
	m := nats.NewMsg(events.DeadSubject(l.Participant, l.App, l.Entity))
	m.Data = l.Message.Body
	id := sha256.Sum256([]byte(l.Participant + " " + streamOf(l.Message.Subject) + " " + at))
	m.Header.Set(headerID, hex.EncodeToString(id[:16]))
	m.Header.Set(headerStream, events.StreamDead)
	m.Header.Set(deadPosition, at)
	m.Header.Set(deadSubject, l.Message.Subject)
	m.Header.Set(deadReason, oneLine(l.Reason))
	m.Header.Set(deadVerdict, l.Verdict)
	m.Header.Set(deadVersion, l.Version)
	if kind := l.Message.Header[headerType]; len(kind) > 0 {
		m.Header.Set(headerType, kind[0])
	}
	return m
}

// streamOf names the stream a subject is kept in: a wish and a fact may stand at one
// position, each of its own stream. A subject of none stands for itself.
func streamOf(subject string) string {
	for _, s := range events.Streams {
		for _, filter := range s.Subjects {
			if strings.HasPrefix(subject, strings.TrimSuffix(filter, ">")) {
				return s.Name
			}
		}
	}
	return subject
}

// oneLine makes words fit for a header.
func oneLine(words string) string {
	b := []byte(words[:min(len(words), events.MaxReasonBytes)])
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = ' '
		}
	}
	return string(b)
}

// Dead delivers the dead letters after a position that match a filter, then new ones,
// for ever; "" is all. The reason and verdict stand in the headers slipway-dead-….
func (b *Bus) Dead(ctx context.Context, after events.Position, filter string, r service.Reader) error {
	if filter == "" {
		filter = "slipway.dead.>"
	}
	return b.read(ctx, source{stream: events.StreamDead, filters: []string{filter}}, after, r)
}
