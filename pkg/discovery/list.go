package discovery

import (
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

// List is all that is listed of an app at one generation. Whoever is handed one must
// not change it.
type List struct {
	App        string                `json:"app"`
	Generation int                   `json:"generation"` // rises by one with each change; a jump is harmless
	Position   events.Position       `json:"position"`   // of the fact in the log
	Endpoints  []events.PoolEndpoint `json:"endpoints"`  // sorted by name; none is an empty pool
}

// Usable are the endpoints to send requests to: those that are ready and stay, or where
// there is none of these, those that still serve while they go. Weight 0 is listed and
// gets nothing. They are of every release that runs: the shares of releases are the
// gateway's business, so whoever wants one release picks by it.
func (l List) Usable() []events.PoolEndpoint {
	if stay := l.where(func(e events.PoolEndpoint) bool { return e.Ready && !e.Terminating }); len(stay) > 0 {
		return stay
	}
	return l.where(func(e events.PoolEndpoint) bool { return e.Serving && e.Terminating })
}

func (l List) where(ok func(events.PoolEndpoint) bool) (some []events.PoolEndpoint) {
	for _, e := range l.Endpoints {
		if e.Weight > 0 && ok(e) {
			some = append(some, e)
		}
	}
	return some
}

// newer tells whether a list replaces another: by generation within an era of the log,
// by the era otherwise.
func (l List) newer(than List) bool {
	if l.Position.Era != than.Position.Era {
		return l.Position.Era > than.Position.Era
	}
	return l.Generation > than.Generation
}

// read makes a list of a message of the log.
func read(subject string, header map[string][]string, body []byte, at events.Position) (List, error) {
	e, err := events.Parse(subject, header, body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		return List{}, fmt.Errorf("read %s at %s: %w", subject, at, err)
	}
	changed, is := e.Data.(events.PoolChanged)
	if !is {
		return List{}, fmt.Errorf("read %s at %s: it is a %s", subject, at, e.Kind.Type())
	}
	return List{App: changed.App, Generation: changed.Generation, Position: at, Endpoints: changed.Endpoints}, nil
}

// subjectOf is where the list of an app is said; of "" that of every app.
func subjectOf(app string) string {
	if app == "" {
		return "slipway.event.*.registry._.pool.changed"
	}
	return events.Subject(events.K[events.PoolChanged](), app, "")
}

// metaEra is the word of the stream's metadata that tells its era.
const metaEra = "slipway.era"

// eraOf is the era of the log that is there.
func eraOf(s jetstream.Stream) uint32 {
	era, err := strconv.ParseUint(s.CachedInfo().Config.Metadata[metaEra], 10, 32)
	if err != nil || era == 0 {
		return 1 // a log that was never closed may not say
	}
	return uint32(era)
}
