package service

import (
	"time"

	"slipway.dev/events"
)

// All, returned alone by Keys, means every key there is.
const All = "*"

// Decider is one pure state machine per key: an app, a node, a holder. S is the
// state of one key; C is what every key of the service needs, folded first and
// read-only to all. Both are plain structs that encoding/json can write; what is
// hearsay in them stands in Soft fields.
type Decider[S, C any] struct {
	// Owner is who speaks: deployer, placer, node.
	Owner string
	// New makes the state of a key heard of for the first time.
	New func(key string) *S
	// Guard is the one guard of all that is said about a key.
	Guard func(key string) string
	// Keys tells whose state a fact or wish touches.
	Keys func(events.Event) []string
	// Touches tells whose Soft state a signal that is no wish touches; nil: none.
	Touches func(Signal) []string
	// Common folds a fact of common interest; nil: none.
	Common func(*C, events.Event)
	// Evolve folds a fact; total: an event no row allows changes nothing.
	Evolve func(key string, s *S, c *C, e events.Event)
	// Sense hears hearsay and the driver's senses; it writes Soft fields only.
	Sense func(*S, *C, Signal, time.Time)
	// Decide says what is missing now; level-triggered, so it says nothing twice.
	Decide func(*S, *C, time.Time) Says
	// Acts tells what the hands must be doing now; level-triggered, by id.
	Acts func(*S, *C) []Act
	// Due tells the first moment after the given one at which to be asked again
	// unprompted; zero is never. A moment that has passed was answered by Decide.
	Due func(*S, *C, time.Time) time.Time
	// Check is what the decider promises of a key; it sees every Soft field empty.
	Check func(*S, *C) error
	// Gone tells that a key may be forgotten.
	Gone func(*S) bool
	// Joined tells that an agent's own joined of this boot has come back; until then
	// nothing but joined is said and nothing is done. Nil: no agent.
	Joined func(*S) bool
	// Apart tells that a key holds many apps, of which one may stand still alone: over
	// a parked event about an app the key goes on, and hears of it by Standing.
	Apart bool
}

// Signal is hearsay or what a driver senses; it has no position.
type Signal struct {
	Wish *events.Event // a wish; its Pos is its position in WISHES
	Data any           // otherwise: Heard, Gap, or a driver's own struct
}

// Heard is a lease as it was published.
type Heard struct {
	Kind   string // node, gateway, service, endpoint
	App    string // of an endpoint
	Holder string // its name
	Body   events.LeaseBody
}

// Measured is a batch of samples or a load window as it was published.
type Measured struct {
	Source string    // who says so: /slipway/gateway/gw1-a, /slipway/metrics
	Time   time.Time // of recording, by the speaker's clock
	Data   any       // events.Samples or events.Load
}

// Gap says that hearsay may have been missed: at the start, after a reconnect, after
// a standstill of our own. Silence means nothing until one TTL after it. It touches
// every key.
type Gap struct{}

// Standing names the apps to which a parked event could matter, sorted: nothing is to be
// said of them. It comes whenever they change, to deciders whose keys hold many apps.
type Standing struct{ Apps []string }

// Act is something the hands must be doing. One act runs per id; an act that is no
// longer listed is cancelled; an id that ended is not run again while it is listed.
type Act struct {
	ID   string // start/web-7-a1/2
	Data any    // what the driver needs
	Long bool   // goes on as long as it is listed, so it takes no hand of the MaxActs
}

// Soft holds hearsay: it is never in a snapshot and never seen by Check.
type Soft[T any] struct{ v T }

// Get is the present value, the zero value after a restart.
func (s *Soft[T]) Get() *T { return &s.v }

// MarshalJSON leaves hearsay out of every snapshot.
func (Soft[T]) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UnmarshalJSON leaves it empty.
func (*Soft[T]) UnmarshalJSON([]byte) error { return nil }
