package view

import (
	"encoding/json"
	"fmt"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/gateway"
	"slipway.dev/services/node"
	"slipway.dev/services/registry"
)

// Entities are what a Fold can be of: ENTITY/ID names one key.
var Entities = []string{"app", "placement", "pool", "lease", "node", "gateway"}

// Fold is the fold of one key, by the machine of the service that decides it.
type Fold struct {
	svc     service.Service
	machine int
	key     string
	core    *service.Core
	speaks  bool // the key's own participant has said something
}

// NewFold is the fold of a key before the first event; ok is false for an entity that
// no service folds.
func NewFold(cfg deployer.Config, entity, id string) (f *Fold, ok bool) {
	f = &Fold{key: id}
	switch entity {
	case "app":
		f.svc, f.machine = deployer.Service(cfg), appMachine
	case "placement": // one key, called cluster
		f.svc, f.machine = deployer.Service(cfg), placerMachine
	case "pool":
		f.svc, f.machine = registry.Service(registry.Config{}), poolMachine
	case "lease":
		f.svc, f.machine = registry.Service(registry.Config{}), holderMachine
	case "node":
		f.svc = node.Service(node.Config{Name: id}, nil)
	case "gateway":
		f.svc = gateway.Service(gateway.Config{Name: id}, nil)
	default:
		return nil, false
	}
	f.anew()
	return f, true
}

func (f *Fold) anew() {
	f.core = service.NewCore(f.svc)
	f.core.LooksOn()
}

// Machines of the registry, in the order it makes them.
const (
	poolMachine = iota
	holderMachine
)

// Service is the name of the service whose fold it is.
func (f *Fold) Service() string { return f.svc.Name }

// Shared tells whether copies of the service keep a snapshot in the bus.
func (f *Fold) Shared() bool { return f.svc.Place == "" }

// Filters are what the service reads; nil is everything.
func (f *Fold) Filters() []string { return f.svc.Filters }

// Position is up to where the log is folded.
func (f *Fold) Position() events.Position { return f.core.Position() }

// Begin takes over a snapshot of the service, if it is of this log and no later than
// the end that is asked for, and nothing in it stands still; else the fold begins at the
// first event.
func (f *Fold) Begin(snapshot []byte, stream string, end events.Position) {
	if err := f.core.Import(snapshot, stream); err != nil || f.core.Position().After(end) || len(f.core.Parked()) > 0 {
		f.anew()
	}
}

// Hear folds one message of the log; what nobody there hears or can read is passed
// over, as the service does once it has been dropped.
func (f *Fold) Hear(m service.Message) {
	kind, app, place, err := events.ParseSubject(m.Subject)
	if err != nil || !f.core.HearsOwner(kind.Owner) {
		f.core.Skip(m.Pos)
		return
	}
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil && f.core.Hears(kind) {
		err = e.Decode()
	}
	if err != nil {
		f.core.Overlook(events.Event{Kind: kind, App: app, Place: place, Pos: m.Pos, Ordinal: e.Ordinal})
		return
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	f.speaks = f.speaks || kind.Owner == f.svc.Name && place == f.svc.Place
	f.core.Hear(e)
}

// State is the key's state without hearsay, nil for a key the log says nothing of. It
// is what a snapshot holds of it: one that was asked about and never told is none.
func (f *Fold) State() (json.RawMessage, error) {
	if f.svc.Place != "" && !f.speaks { // a node hears of apps before it has ever joined
		return nil, nil
	}
	all, err := f.core.Machines()[f.machine].Export()
	if err != nil {
		return nil, err
	}
	var fold struct {
		States map[string]json.RawMessage `json:"states"`
	}
	if err := json.Unmarshal(all, &fold); err != nil {
		return nil, fmt.Errorf("read fold of %s: %w", f.svc.Name, err)
	}
	return fold.States[f.key], nil
}

// Keys are all keys that there are beside it, sorted; of a node or gateway only its
// own.
func (f *Fold) Keys() []string { return f.core.Machines()[f.machine].Keys() }
