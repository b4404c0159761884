package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

const (
	noMessage    jetstream.ErrorCode = 10037
	readBackWait                     = 250 * time.Millisecond // one request to the leader
	readBackRest                     = 20 * time.Millisecond  // between two requests nobody answered
)

// readBack finds out what has become of the drafts left: it walks the guard's tail
// on the stream's leader. All there: said. None, and the tail where it was
// expected: not stored, send again. Anything else: somebody was first.
func (w *write) readBack(ctx context.Context, taken bool, at uint64) (done bool, err error) {
	t, err := w.walk(ctx)
	if err != nil {
		return true, fmt.Errorf("%w: %w", service.ErrUnclear, err)
	}
	n := len(t.ours)
	switch {
	case n == len(w.left):
		w.found += n
		w.keep(n, t.ours[0], t.ours[n-1])
		return false, nil
	case n == 1 && !w.batch && w.doubted && t.last == t.ours[0]: // our own try, its answer lost
		w.found++
		w.keep(1, t.ours[0], t.ours[0])
		return false, nil
	case n > 0 || t.last != w.tail:
		return true, &service.ErrConflict{Guard: w.guard, Seen: t.last}
	case taken:
		return w.otherID(ctx, at)
	}
	return false, nil
}

// otherID answers an id that is stored elsewhere: under another guard somebody took
// it, and the event goes under the next one; under ours the writer repeats itself.
func (w *write) otherID(ctx context.Context, at uint64) (done bool, err error) {
	if at != 0 && at <= w.tail {
		m, err := w.ask(ctx, events.StreamEvents, getRequest{Seq: at})
		if err == nil && subjectMatches(w.guard, m.Subject) {
			return true, rejected("id %s is stored at %d already, before what the writer has folded", w.left[0].id, at)
		}
	}
	w.again++
	if w.again > idsAgain {
		return true, rejected("id %s and its alternatives are taken", w.left[0].id)
	}
	return false, nil
}

// tail is what lies under a guard behind a sequence.
type tail struct {
	ours []uint64 // sequences of the drafts left, as far as they stand there in order
	last uint64   // last sequence under the guard; 0 is none
}

// walk reads the tail, and asks again until ctx ends where nobody answers.
func (w *write) walk(ctx context.Context) (t tail, err error) {
	for {
		if t, err = w.walkOnce(ctx); err == nil {
			return t, nil
		}
		if !wait.For(ctx, readBackRest+rand.N(readBackRest)) {
			return t, err
		}
	}
}

func (w *write) walkOnce(ctx context.Context) (t tail, err error) {
	after := w.tail
	for _, d := range w.left {
		m, err := w.ask(ctx, events.StreamEvents, getRequest{Seq: after + 1, NextFor: w.guard})
		if isNoMessage(err) || err == nil && !d.is(m.header, m.Data) {
			break
		}
		if err != nil {
			return t, err
		}
		after = m.Seq
		t.ours = append(t.ours, m.Seq)
	}
	m, err := w.ask(ctx, events.StreamEvents, getRequest{LastFor: w.guard})
	if isNoMessage(err) {
		return t, nil
	}
	t.last = m.Seq
	return t, err
}

// ask is get for who has one second in all and asks again.
func (w *write) ask(ctx context.Context, stream string, r getRequest) (storedMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, readBackWait)
	defer cancel()
	return w.b.get(ctx, stream, r)
}

// getRequest asks a stream's leader for one message.
type getRequest struct {
	Seq     uint64 `json:"seq,omitempty"`
	LastFor string `json:"last_by_subj,omitempty"`
	NextFor string `json:"next_by_subj,omitempty"`
}

type storedMessage struct {
	Subject string    `json:"subject"`
	Seq     uint64    `json:"seq"`
	Header  []byte    `json:"hdrs"`
	Data    []byte    `json:"data"`
	Time    time.Time `json:"time"`

	header nats.Header
}

// get asks the leader. The client's own GetMsg asks any replica where a stream
// allows direct gets, and a follower may be late.
func (b *Bus) get(ctx context.Context, stream string, r getRequest) (m storedMessage, err error) {
	ask, err := json.Marshal(r)
	if err != nil {
		return m, err
	}
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	answer, err := b.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, ask)
	if err != nil {
		return m, fmt.Errorf("get from %s: %w", stream, err)
	}
	var got struct {
		Error   *jetstream.APIError `json:"error"`
		Message storedMessage       `json:"message"`
	}
	if err := json.Unmarshal(answer.Data, &got); err != nil {
		return m, fmt.Errorf("get from %s: %w", stream, err)
	}
	if got.Error != nil {
		return m, fmt.Errorf("get from %s: %w", stream, got.Error)
	}
	got.Message.header, err = decodeHeader(got.Message.Header)
	return got.Message, err
}

func decodeHeader(raw []byte) (nats.Header, error) {
	if len(raw) == 0 {
		return nats.Header{}, nil
	}
	h, err := nats.DecodeHeadersMsg(raw)
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	return h, nil
}

func isNoMessage(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == noMessage
}
