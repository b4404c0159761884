package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
)

// offerEndpoint offers an endpoint and keeps its lease until ctx ends; then it
// withdraws it and returns when nothing is in flight to it any more. One that gateways
// probe has no lease to keep.
func (e *Env) offerEndpoint(ctx context.Context, d events.WishEndpointOffered) error {
	asking, cancel := e.deadline(ctx, endpointWait)
	defer cancel()
	s, err := e.open(asking, nil)
	if err != nil {
		return err
	}
	defer s.close()
	times, err := s.bus.LeaseTimes(asking)
	if err != nil {
		return s.away(asking, err)
	}
	answer, err := s.askRegistry(asking, "offer", d.OfOffer, d)
	if d.Liveness == events.LivenessProbe {
		if err != nil {
			return err
		}
		return s.showEndpoint(answer)
	}
	if err != nil && !isUnchanged(answer) { // it stands since before: its lease is what it lacks
		return err
	}
	if err == nil {
		if err := s.showEndpoint(answer); err != nil {
			return err
		}
	}
	k := keeper{session: s, of: d.OfOffer, every: times.Every}
	return k.keep(ctx, answer.Pos)
}

func isUnchanged(answer events.Event) bool {
	d, ok := answer.Data.(events.EndpointRefused)
	return ok && d.Cause == "unchanged"
}

func isUnknown(answer events.Event) bool {
	d, ok := answer.Data.(events.EndpointRefused)
	return ok && d.Cause == "unknown"
}

// keeper keeps the lease of one endpoint.
type keeper struct {
	*session
	of    events.OfOffer
	every time.Duration
}

// errRemoved tells that the registry has removed the endpoint.
var errRemoved = errors.New("the endpoint is removed")

// keep says every while that the endpoint lives, shows what becomes of it, and lets it
// go when ctx ends. It returns nil if somebody else withdrew it.
func (k keeper) keep(ctx context.Context, after events.Position) error {
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	go func() { end(k.follow(life, after, func() { end(errRemoved) })) }()
	go k.lease(life)
	select {
	case <-life.Done():
		return k.over(life)
	case <-ctx.Done():
	}
	asking, cancel := k.deadline(life, endpointWait)
	defer cancel()
	w := events.WishEndpointWithdrawn{OfOffer: k.of, Message: "its offer has ended"}
	if answer, err := k.askRegistry(asking, "withdraw", k.of, w); err != nil && !isUnchanged(answer) && life.Err() == nil {
		return err
	}
	draining, cancel := k.deadline(life, drainWait)
	defer cancel()
	select {
	case <-life.Done():
	case <-draining.Done():
		return fault.New("SLW-D015", "%s/%s still drains", k.of.App, k.of.Endpoint).
			Because("it is withdrawn, and gateways finish what they have with it").Try("slipway events --app " + k.of.App + " --entity endpoint")
	}
	return detached
}

// over is how a life ended that nobody here has ended.
func (k keeper) over(life context.Context) error {
	if err := context.Cause(life); !errors.Is(err, errRemoved) {
		return k.away(life, err)
	}
	return nil
}

// drainWait is how long an endpoint that was withdrawn may take to finish what it has.
const drainWait = 2 * time.Minute

// comesAgain is how soon an endpoint that was offered while its predecessor drained is
// registered once that is removed: it follows in the registry's next decision.
const comesAgain = 2 * time.Second

// follow tells what becomes of the endpoint; removed is called when it is gone for good.
func (k keeper) follow(ctx context.Context, after events.Position, removed func()) error {
	gone := time.AfterFunc(time.Hour, removed)
	gone.Stop()
	defer gone.Stop()
	filter := events.Filter(k.of.App, "registry", "", "endpoint", "")
	return k.bus.Read(ctx, after, []string{filter}, service.Reader{Deliver: func(m service.Message) error {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil {
			err = e.Decode()
		}
		if r := recordIn(e); err != nil || r.Endpoint != k.of.Endpoint {
			return nil // another's, or one nobody can read
		}
		if !k.Quiet {
			fmt.Fprintf(k.Err, "%s/%s %s: %s\n", k.of.App, k.of.Endpoint, e.Kind.Happened, e.Reason)
		}
		switch e.Kind.Happened {
		case "removed":
			gone.Reset(comesAgain)
		case "registered":
			gone.Stop()
		}
		return nil
	}})
}

// lease says that the endpoint lives, as long as this process does.
func (k keeper) lease(ctx context.Context) {
	subject := events.LeaseSubject("endpoint", k.of.App, k.of.Endpoint)
	body := events.LeaseBody{Incarnation: int(k.Now().Unix()), Started: k.Now().UTC()}
	tick := time.NewTicker(k.every)
	defer tick.Stop()
	for {
		body.N++
		_ = k.bus.Lease(subject, body) // the next one is due in a moment
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
