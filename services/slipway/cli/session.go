package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/nearest"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// session is a verb that looks at a cluster: the log folded up to the moment it was
// opened, and what comes after.
type session struct {
	*Env
	bus        *bus.Bus
	label      natscontext.Context
	log        *view.Log
	feed       *feed
	era        uint32
	keep       func(service.Message) // called with each message of the log; nil: none
	past       *moment               // what --at names; nil: now
	part       bool                  // only what concerns some apps is folded
	leaderTold bool                  // it was said that no server leads
}

// errTimeout is the cause of a context that --timeout ended.
var errTimeout = errors.New("--timeout has passed")

// deadline is ctx with the verb's longest wait: what --timeout says, else otherwise;
// zero for none.
func (e *Env) deadline(ctx context.Context, otherwise time.Duration) (context.Context, context.CancelFunc) {
	if e.Timeout > 0 {
		otherwise = e.Timeout
	}
	if otherwise <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, otherwise, errTimeout)
}

// config is how the fold reads documents.
func (e *Env) config() deployer.Config {
	domain := e.Getenv("SLIPWAY_DEFAULT_DOMAIN")
	if domain == "" {
		domain = "localhost"
	}
	return deployer.Config{DefaultDomain: domain, Check: refusals}
}

// refusals are the app file's rules that a document breaks.
func refusals(d events.Document) (list []events.Refusal) {
	for _, v := range appfile.Check(d) {
		list = append(list, v.Refusal())
	}
	return list
}

// open connects and folds the log up to now. close ends it.
func (e *Env) open(ctx context.Context, keep func(service.Message)) (*session, error) {
	s, err := e.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.keep = keep
	if err := s.catchUp(ctx); err != nil {
		s.close()
		return nil, s.away(ctx, err)
	}
	return s, nil
}

func (s *session) close() { s.bus.Close() }

// catchUp folds everything the log holds now.
func (s *session) catchUp(ctx context.Context) error {
	if _, err := s.head(ctx); err != nil {
		return err
	}
	s.feed = follow(ctx, s.bus.Read, events.Position{}, nil)
	s.feed.late = s.tellLeaderless
	for {
		i, err := s.feed.next(ctx)
		if err != nil {
			return err
		}
		if i.caughtUp {
			return nil
		}
		s.hear(i.message)
	}
}

// between reads the log after one position up to another and including it.
func (s *session) between(ctx context.Context, after, end events.Position, filters []string, take func(service.Message)) error {
	if !end.After(after) {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	f := follow(ctx, s.bus.Read, after, filters)
	f.late = s.tellLeaderless
	for {
		i, err := f.next(ctx)
		switch {
		case err != nil:
			return err
		case i.caughtUp || i.message.Pos.After(end):
			return nil
		}
		take(i.message)
		if i.message.Pos == end {
			return nil
		}
	}
}

func (s *session) hear(m service.Message) (events.Event, bool) {
	if s.keep != nil {
		s.keep(m)
	}
	s.era = m.Pos.Era
	return s.log.Hear(m)
}

// away makes what ended a reader a fault.
func (s *session) away(ctx context.Context, err error) error {
	var f *fault.Fault
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(err, errTimeout), errors.Is(context.Cause(ctx), errTimeout):
		return fault.New("SLW-D015", "no answer from context %s in time", s.label.Name).Try("slipway doctor")
	case errors.Is(err, context.Canceled):
		return detached
	case errors.Is(err, bus.ErrNoStream):
		return fault.New("SLW-C003", "the cluster of context %s has no log", s.label.Name).Because(err.Error()).Try("slipway doctor")
	case errors.Is(err, service.ErrNewerLog):
		return fault.New("SLW-C008", "the log of context %s is newer than this binary", s.label.Name).Because(err.Error())
	}
	return err
}

// document is a result of this session, true of the log as it is folded.
func (s *session) document(kind string, items any) output.Document {
	return output.Document{Kind: kind, Context: s.label.Name, At: s.log.Position(), Time: s.Now(), Items: items}
}

// noApp says that there is no such app, and which was probably meant.
func (s *session) noApp(name string) error {
	f := fault.New("SLW-E001", "no app %s in context %s", name, s.label.Short())
	if near := nearest.Of(name, s.log.Apps()); near != "" {
		return f.Because(fmt.Sprintf("did you mean %q?", near)).Try("slipway status " + near)
	}
	return f.Try("slipway status")
}

// app is an app's state, or SLW-E001.
func (s *session) app(name string) (*deployer.App, error) {
	a, _ := s.log.App(name)
	if a == nil {
		return nil, s.noApp(name)
	}
	return a, nil
}
