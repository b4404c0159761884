package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats-server/v2/server/archive"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// ErrTorn says that a copy ends before it says so, or holds what no copy does.
var ErrTorn = errors.New("the copy is torn or altered")

const (
	copyState  = "state.json" // its first entry
	stateBytes = 1 << 20      // of that entry; with every gap of a stream in it far less
)

// ReadCopy delivers each message of a stream's copy, in order. What cannot be read is
// ErrTorn, with the sequence before it. It returns each's error as it is.
func ReadCopy(from io.Reader, era uint32, each func(service.Message) error) error {
	r := archive.NewReader(s2.NewReader(from))
	first, err := r.Next()
	if err != nil || first.Name != copyState || first.PayloadSize > stateBytes {
		return fmt.Errorf("%w: it does not begin as a copy (%v)", ErrTorn, err)
	}
	if err := json.NewDecoder(r).Decode(&struct{}{}); err != nil {
		return fmt.Errorf("%w: it does not begin as a copy (%v)", ErrTorn, err)
	}
	for last := uint64(0); ; {
		m, done, err := nextOf(r, era)
		if err != nil {
			return fmt.Errorf("%w: behind message %d: %v", ErrTorn, last, err)
		}
		if done {
			return nil
		}
		if m.Pos.Seq <= last {
			return fmt.Errorf("%w: behind message %d comes %d", ErrTorn, last, m.Pos.Seq)
		}
		if err := each(m); err != nil {
			return err
		}
		last = m.Pos.Seq
	}
}

// nextOf reads one message; done tells that the copy says its end.
func nextOf(r *archive.Reader, era uint32) (m service.Message, done bool, err error) {
	h, err := r.Next()
	if errors.Is(err, io.EOF) {
		return m, false, io.ErrUnexpectedEOF
	}
	if err != nil {
		return m, false, err
	}
	if h.Sequence == 0 {
		if h.Name != "" || h.HeaderSize+h.PayloadSize != 0 {
			return m, false, fmt.Errorf("an entry %q that is no message", h.Name)
		}
		return m, true, nil
	}
	if h.HeaderSize+h.PayloadSize > events.MaxPayloadBytes {
		return m, false, fmt.Errorf("a message of %d bytes", h.HeaderSize+h.PayloadSize)
	}
	raw := make([]byte, h.HeaderSize+h.PayloadSize)
	if _, err := io.ReadFull(r, raw); err != nil && len(raw) > 0 {
		return m, false, err
	}
	header, err := decodeHeader(raw[:h.HeaderSize])
	if err != nil {
		return m, false, err
	}
	return service.Message{
		Subject: h.Name, Pos: events.Position{Era: era, Seq: h.Sequence}, Stored: time.Unix(0, h.Timestamp).UTC(),
		Header: header, Body: raw[h.HeaderSize:],
	}, false, nil
}
