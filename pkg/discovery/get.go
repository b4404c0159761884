package discovery

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

// ErrUnknown says that nothing was ever listed of an app.
var ErrUnknown = errors.New("no such app")

// Get asks once for an app's list, which any replica of the log may answer: a late one
// with a list that was replaced a moment ago. Who wants to hear of changes runs a Client.
func Get(ctx context.Context, nc *nats.Conn, app string) (List, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return List{}, fmt.Errorf("get %s: %w", app, err)
	}
	log, err := js.Stream(ctx, events.StreamEvents)
	if err != nil {
		return List{}, fmt.Errorf("get %s: %w", app, err)
	}
	m, err := log.GetLastMsgForSubject(ctx, subjectOf(app))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return List{}, fmt.Errorf("get %s: %w", app, ErrUnknown)
	}
	if err != nil {
		return List{}, fmt.Errorf("get %s: %w", app, err)
	}
	l, err := read(m.Subject, m.Header, m.Data, events.Position{Era: eraOf(log), Seq: m.Sequence})
	if err != nil {
		return List{}, err
	}
	w, err := getWay(ctx, log, app)
	if err != nil {
		return List{}, fmt.Errorf("get the route of %s: %w", app, err)
	}
	return l.with(w), nil
}

// getWay asks for the last word about an app's shares.
func getWay(ctx context.Context, log jetstream.Stream, app string) (last way, err error) {
	for _, kind := range routed {
		m, err := log.GetLastMsgForSubject(ctx, events.Subject(kind, app, ""))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return way{}, err
		}
		w, _, err := readWay(m.Subject, m.Header, m.Data, events.Position{Era: eraOf(log), Seq: m.Sequence})
		if err != nil {
			return way{}, err
		}
		if w.at.After(last.at) {
			last = w
		}
	}
	return last, nil
}
