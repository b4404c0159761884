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
	App        string          `json:"app"`
	Generation int             `json:"generation"` // rises by one with each change of the pool; a jump is harmless
	Route      int             `json:"route"`      // generation of the route that the shares are of; 0: none yet
	Position   events.Position `json:"position"`   // of the pool's fact in the log
	Endpoints  []Endpoint      `json:"endpoints"`  // sorted by name; none is an empty pool
}

// Usable are the endpoints to send requests to: those that are ready and stay, or where
// there is none of these, those that still serve while they go. Weight 0 is listed and
// gets nothing, and so is a release without a share: one that is kept warm, or not
// promoted yet. Whoever splits between two releases does it by ShareBp.
func (l List) Usable() []Endpoint {
	if stay := l.where(func(e Endpoint) bool { return e.Ready && !e.Terminating }); len(stay) > 0 {
		return stay
	}
	return l.where(func(e Endpoint) bool { return e.Serving && e.Terminating })
}

func (l List) where(ok func(Endpoint) bool) (some []Endpoint) {
	for _, e := range l.Endpoints {
		if e.Weight > 0 && e.ShareBp != 0 && ok(e) {
			some = append(some, e)
		}
	}
	return some
}

// tag names what a list tells: another pool or other shares have another one.
func (l List) tag() string { return fmt.Sprintf("%d.%d", l.Generation, l.Route) }

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
	l := List{App: changed.App, Generation: changed.Generation, Position: at}
	for _, e := range changed.Endpoints {
		l.Endpoints = append(l.Endpoints, Endpoint{e, Unshared})
	}
	return l, nil
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
