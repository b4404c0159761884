package natscontext

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/fault"
)

const (
	dialWait    = 2 * time.Second // of the first look
	connectWait = 4 * time.Second // with the look less than the five seconds a person waits at most
	person      = "cli"           // names the inbox
)

// Inbox is where answers to a person come in; another place is nobody's to read.
const Inbox = "_INBOX_" + person

// Connect connects to a context's cluster as a person does. A cluster that does not
// answer is told within five seconds: SLW-C003, or SLW-C004 if it refuses.
func Connect(ctx context.Context, c Context) (*bus.Bus, error) {
	if err := Look(c); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	b, err := bus.Connect(ctx, bus.Identity{Name: person, Creds: c.Creds, URLs: strings.Split(c.URL, ",")})
	if err != nil {
		return nil, unreachable(c, err)
	}
	return b, nil
}

// Look tells whether a context's cluster answers and lets one in.
func Look(c Context) error {
	nc, err := dial(c)
	if err != nil {
		return err
	}
	nc.Close()
	return nil
}

func dial(c Context) (*nats.Conn, error) {
	opts := []nats.Option{nats.Name(person), nats.Timeout(dialWait), nats.NoReconnect()}
	if c.Creds != "" {
		opts = append(opts, nats.UserCredentials(c.Creds))
	}
	nc, err := nats.Connect(c.URL, opts...)
	switch {
	case err == nil:
		return nc, nil
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return nil, fault.New("SLW-C004", "%s refuses the credentials of context %s", c.URL, c.Name).Because(err.Error())
	}
	return nil, unreachable(c, err)
}

func unreachable(c Context, err error) error {
	f := fault.New("SLW-C003", "the cluster of context %s is unreachable at %s", c.Name, c.URL).
		Because(fmt.Sprintf("asked at %s: %v", time.Now().Format(time.TimeOnly), err))
	if c.Name == Full("dev") {
		f.Try("slipway dev")
	}
	return f.Try("slipway doctor")
}
