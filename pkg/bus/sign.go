package bus

import "github.com/nats-io/nats.go"

// Sign and Verify are the one seam for signatures of wishes, placements and
// checkpoints. Until there are identities the log is reached over loopback only,
// nothing is signed, and every message is good.

// Sign adds the speaker's signature to a message's header.
func Sign(header nats.Header, subject string, body []byte) error { return nil }

// Verify tells why a message's signature is not good.
func Verify(header map[string][]string, subject string, body []byte) error { return nil }
