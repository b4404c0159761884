package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// wish asks for something: one message, whose position its answer will name.
func (s *session) wish(ctx context.Context, data events.Payload) (events.Event, events.Position, error) {
	w := events.NewWish(s.actor(), data, s.Now(), newID())
	at, err := s.keepWish(ctx, w)
	if err != nil {
		return w, at, s.unwished(ctx, err)
	}
	return w, at, nil
}

// wishFor is for how long one wish is said again and again: within the ten minutes in
// which its stream knows it by its id.
const wishFor = 9 * time.Minute

// keepWish says a wish until it is kept: servers that elect a leader keep nothing for
// some seconds.
func (s *session) keepWish(ctx context.Context, w events.Event) (at events.Position, err error) {
	began := time.Now()
	for told := false; ; told = true {
		at, err = s.bus.Wish(ctx, w)
		if !errors.Is(err, bus.ErrUnkept) || ctx.Err() != nil || time.Since(began) > wishFor {
			return at, err
		}
		if !told {
			s.hint("waiting: no server keeps the wish yet")
		}
	}
}

// unwished says that a wish was not kept.
func (s *session) unwished(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return s.away(ctx, context.Cause(ctx))
	}
	if f := s.away(ctx, err); f != err {
		return f
	}
	return fault.New("SLW-C003", "context %s did not keep the wish", s.label.Name).Because(err.Error()).Try("slipway doctor")
}

// actor is who wishes: the person at this machine.
func (e *Env) actor() string {
	name := e.Getenv("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	name = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return '-'
		}
		return r
	}, name)
	if name == "" {
		name = "unknown"
	}
	return "person:" + name
}

// newID is a fresh id of 128 bits.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// deployerWait is how long a wish may stay unanswered before a person is told who is
// silent.
const deployerWait = 5 * time.Second

// leaseTTL is how long a lease lasts on this bus; of one that does not tell, one
// server's.
func (s *session) leaseTTL(ctx context.Context) time.Duration {
	times, err := s.bus.LeaseTimes(ctx)
	if err != nil {
		return events.LeaseTTL
	}
	return times.TTL
}

// whoIsSilent tells why a wish is not answered: no server leads, or what silence tells.
// That the log has no room for an answer is an end.
func (s *session) whoIsSilent(ctx context.Context) (words string, err error) {
	switch leads, err := s.full(ctx); {
	case err != nil:
		return "", err
	case !leads:
		return leaderless, nil
	}
	return s.silence(ctx), nil
}

// silence tells whether a deployer is alive, by its leases.
func (s *session) silence(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	ttl := s.leaseTTL(ctx)
	var last time.Time
	_ = s.bus.Leases(ctx, leasesOf("service"), service.Reader{ // ends with ctx
		Deliver: func(m service.Message) error {
			if b, ok := view.BeatOf(m.Subject); ok && b.Service == "deployer" && m.Stored.After(last) {
				last = m.Stored
			}
			return nil
		},
		CaughtUp: cancel,
	})
	switch {
	case last.IsZero():
		return "waiting: no deployer is alive (no lease within a minute)"
	case s.Now().Sub(last) > ttl:
		return fmt.Sprintf("waiting: no deployer is alive (last lease %s)", last.Local().Format(time.TimeOnly))
	}
	return "waiting: the deployer is alive and has not answered yet"
}
