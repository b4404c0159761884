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
	return read(m.Subject, m.Header, m.Data, events.Position{Era: eraOf(log), Seq: m.Sequence})
}
