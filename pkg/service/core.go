package service

import (
	"time"

	"slipway.dev/events"
)

// Core is the loop without clock, network and goroutine: facts and signals go in,
// appends and acts come out. One goroutine owns it.
type Core struct {
	svc      Service
	machines []Machine
	owners   map[string]bool // of the machines
	owned    map[string]bool // owners of whom anything is heard
	heard    map[events.Kind]bool
	said     map[events.Kind]bool
	guards   map[string]*guard
	keys     map[keyOf]*keyState
	touched  map[keyOf]bool
	widest   int              // most keys touched has held since it was made
	awaited  awaitedHeap      // what resting keys wait for to come back
	later    dues             // when resting keys have backed off for long enough
	acts     map[string]keyOf // whose act an id is, while it is listed
	voice    keyOf            // the participant's own voice, decided last
	due      dues
	pos      events.Position
	running  int             // acts running
	ready    int             // what has been caught up: log, signals, hands
	behind   bool            // more than MaxBehind behind the log
	parked   []Park          // guards that stand still, oldest first
	held     map[string]bool // keys to which a parked event could matter; All: every key
	deaf     int             // signals nobody could take in
	checks   bool            // run Check after each fold
	looksOn  bool            // it only looks on: nothing makes it stand still
	off      rule            // switched off by a test
	name     string          // of this copy
	twin     time.Time       // until when another copy is believed to live
	patience map[keyOf]patience

	// Found is called with each broken promise; nil ignores them.
	Found func(Broken)
	// Aside is called with each event that was set aside; nil ignores them.
	Aside func(Aside)
}

// Park is an event that could not be folded; its guard stands still.
type Park struct {
	Pos     events.Position
	Guard   string
	Verdict string // unreadable, gap, panic
	Reason  string
	Keys    []string `json:",omitempty"` // not decided meanwhile, since it could matter to them; All alone: every key
	Decided bool     `json:",omitempty"` // Decide panicked: everything up to Pos has been folded
}

// Broken is a promise that did not hold.
type Broken struct {
	Name   string // of the promise: the decider whose Check failed, or guard
	Key    string
	Detail string
	At     events.Position
}

// Mended is a promise that holds again.
type Mended struct{ Name, Key string }

// What must have been caught up once before anything is decided.
const (
	readyLog = 1 << iota
	readySignals
	readyHands
	readyAll = readyLog | readySignals | readyHands
)

// keyOf names a key of one of the service's machines.
type keyOf struct {
	machine int
	key     string
}

type keyState struct {
	acts   map[string]*running // by id
	listed []Act               // what acts was made of; nil: not all of it runs
	due    time.Time
	waits  []Waiter
	held   bool // a Check failed: no acts
	gone   bool // the state is forgotten, its acts are still to be ended
	guard  *guard
}

type running struct {
	act   Act
	ended bool
}

// NewCore makes the loop of a service, empty, before its first fact.
func NewCore(svc Service) *Core {
	c := &Core{
		svc: svc, machines: append(svc.New(), voice(svc)), owners: map[string]bool{}, owned: map[string]bool{},
		heard: map[events.Kind]bool{}, said: map[events.Kind]bool{},
		guards: map[string]*guard{}, keys: map[keyOf]*keyState{}, touched: map[keyOf]bool{},
		acts: map[string]keyOf{}, held: map[string]bool{}, patience: map[keyOf]patience{},
	}
	c.voice = keyOf{len(c.machines) - 1, voiceKey}
	for _, m := range c.machines {
		c.owners[m.Owner()] = true
	}
	for _, k := range svc.Hears {
		c.heard[anyVersion(k)], c.owned[k.Owner] = true, true
	}
	for _, k := range append(voiceSays(svc), svc.Says...) {
		c.heard[anyVersion(k)], c.owned[k.Owner], c.said[k] = true, true, true
	}
	return c
}

// Position is the position up to which the state is folded.
func (c *Core) Position() events.Position { return c.pos }

// Machines are the service's deciders with their states; read-only to callers.
func (c *Core) Machines() []Machine { return c.machines }

// Hears tells whether a subject's kind is folded: the rest is dropped unread.
func (c *Core) Hears(k events.Kind) bool { return c.heard[anyVersion(k)] }

// anyVersion is a kind whatever its version: a subject does not tell it, and an older
// one is folded as the newest.
func anyVersion(k events.Kind) events.Kind {
	k.Version = 1
	return k
}

// HearsOwner tells whether anything of an owner is folded: its ordinals count then.
func (c *Core) HearsOwner(owner string) bool { return c.owned[owner] }

// Sense hears one signal.
func (c *Core) Sense(sig Signal, now time.Time) {
	if sig.Data == (Gap{}) && !c.rules(ruleGrace) {
		return
	}
	for i, m := range c.machines {
		if sig.Wish != nil && letterWish(*sig.Wish) && i != c.voice.machine {
			continue
		}
		for _, k := range c.sense(i, m, sig, now) {
			c.touch(keyOf{i, k})
		}
	}
}

// CaughtUp says that everything the log held at the start has been heard.
func (c *Core) CaughtUp(now time.Time) { c.arrive(readyLog, now) }

// SignalsCaughtUp says the same of hearsay.
func (c *Core) SignalsCaughtUp(now time.Time) { c.arrive(readySignals, now) }

// HandsReady says that the driver has listed the world.
func (c *Core) HandsReady(now time.Time) { c.arrive(readyHands, now) }

func (c *Core) arrive(what int, now time.Time) {
	before := c.ready
	c.ready |= what
	if before != readyAll && c.ready == readyAll {
		c.Sense(Signal{Data: Gap{}}, now)
		c.recall()
		c.touchAll()
	}
}

// Ready tells whether log, signals and hands have been caught up once.
func (c *Core) Ready() bool { return c.ready == readyAll }

// SetBehind says whether the reader is more than MaxBehind behind the log: then
// nothing is decided.
func (c *Core) SetBehind(b bool) { c.behind = b }

// Waits is what the keys wait for, as their last decision said.
func (c *Core) Waits(machine int, key string) []Waiter {
	if ks, ok := c.keys[keyOf{machine, key}]; ok {
		return ks.waits
	}
	return nil
}

func (c *Core) touch(k keyOf) {
	c.touched[k] = true
	c.widest = max(c.widest, len(c.touched))
	if ks, ok := c.keys[k]; ok {
		ks.gone = false
	}
}

func (c *Core) touchAll() {
	for i, m := range c.machines {
		for _, k := range m.Keys() {
			c.touch(keyOf{i, k})
		}
	}
}

func (c *Core) state(k keyOf) *keyState {
	ks, ok := c.keys[k]
	if !ok {
		ks = &keyState{acts: map[string]*running{}}
		c.keys[k] = ks
	}
	return ks
}
