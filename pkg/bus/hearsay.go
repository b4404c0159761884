package bus

import (
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/pkg/ship"
)

// hearsayAckWait is how long a stream may take to keep a message; then it is sent again.
const hearsayAckWait = 5 * time.Second

// How many messages of all shippers together may wait for an answer; the client library
// would let the one beyond hearsayMax wait.
const (
	hearsayInFlight = 3 * ship.InFlight
	hearsayMax      = 4 * ship.InFlight
)

// herald sends messages that nobody waits for.
type herald struct {
	js jetstream.JetStream

	mu   sync.Mutex
	done map[*nats.Msg]func(ship.Outcome)
}

func (b *Bus) openHearsay() (err error) {
	h := &b.herald
	h.done = map[*nats.Msg]func(ship.Outcome){}
	h.js, err = jetstream.New(b.nc,
		jetstream.WithPublishAsyncMaxPending(hearsayMax),
		jetstream.WithPublishAsyncTimeout(hearsayAckWait),
		jetstream.WithPublishAsyncAckHandler(func(_ jetstream.JetStream, m *nats.Msg, _ *jetstream.PubAck) { h.answer(m, ship.Kept) }),
		jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, m *nats.Msg, err error) { h.answer(m, outcomeOf(err)) }))
	return err
}

// Hearsay sends a message to its stream without waiting; false if it is not taken now.
// The same id is kept once within the stream's time of duplicates.
func (b *Bus) Hearsay(subject, id string, body []byte, done func(ship.Outcome)) bool {
	h := &b.herald
	if !b.Connected() || h.js.PublishAsyncPending() >= hearsayInFlight {
		return false
	}
	m := &nats.Msg{Subject: subject, Header: nats.Header{jetstream.MsgIDHeader: {id}}, Data: body}
	h.mu.Lock()
	h.done[m] = done
	h.mu.Unlock()
	if _, err := h.js.PublishMsgAsync(m, jetstream.WithRetryAttempts(0)); err != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		_, unanswered := h.done[m]
		delete(h.done, m)
		return !unanswered
	}
	return true
}

func (h *herald) answer(m *nats.Msg, o ship.Outcome) {
	h.mu.Lock()
	done := h.done[m]
	delete(h.done, m)
	h.mu.Unlock()
	if done != nil {
		done(o)
	}
}

// outcomeOf tells what will never be kept from what may be.
func outcomeOf(err error) ship.Outcome {
	var refused *jetstream.APIError
	if errors.As(err, &refused) && refused.Code < 500 {
		return ship.Refused
	}
	return ship.Unknown
}
