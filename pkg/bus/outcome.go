package bus

import (
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// outcome is what an answer to a write says about it.
type outcome int

const (
	stored    outcome = iota
	duplicate         // the id is stored already: ours, a twin's or somebody's
	moved             // the guard is not where it was expected: a twin's word, or our own earlier try
	crowded           // another write under the guard is on its way (R3)
	unclear           // it may be stored or not
	unsent            // it never left
	full              // the log has reached its size
	busy              // too many writes in flight at the server
	refused           // no retry mends it
)

// The server's codes. Raw numbers: the constants of the client libraries do not
// name all of them, and several for batches do not match the server's.
var outcomes = map[jetstream.ErrorCode]outcome{
	10201: duplicate, // batch contains a duplicate message id
	10071: moved,     // wrong last sequence: N
	10158: crowded,   // duplicate message id is in process: our own earlier try (R3)
	10164: crowded,   // wrong last sequence
	10008: unclear,   // system temporarily unavailable
	10118: unclear,   // stream is offline
	10176: unclear,   // batch incomplete: a part was lost on the way
	10077: full,      // maximum bytes exceeded
	10210: busy,      // too many batches in flight
	10167: busy,      // too many requests
	10054: refused,   // message too large
	10060: refused,   // not the expected stream
	10111: refused,   // rollup
	10166: refused,   // TTL
	10174: refused,   // atomic publish is off
	10175: refused,   // batch without sequence
	10177: refused,   // header not allowed in a batch
	10188: refused,   // schedule
	10199: refused,   // batch too large
}

// judge tells what an error of a publish means; code is the server's, 0 for none.
func judge(err error) (o outcome, code int) {
	if err == nil {
		return stored, 0
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return judgeCode(api), int(api.ErrorCode)
	}
	if errors.Is(err, nats.ErrReconnectBufExceeded) || errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrConnectionDraining) {
		return unsent, 0
	}
	if errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject) {
		return refused, 0
	}
	return unclear, 0
}

// judgeCode falls back on the HTTP-like class for codes this version does not know:
// what the server blames on the request is refused, all else unclear.
func judgeCode(api *jetstream.APIError) outcome {
	if o, ok := outcomes[api.ErrorCode]; ok {
		return o
	}
	switch {
	case api.Code == 429:
		return busy
	case api.Code >= 400 && api.Code < 500:
		return refused
	}
	return unclear
}
