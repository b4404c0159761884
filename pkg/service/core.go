package service

import (
	"fmt"
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
	due      dues
	pos      events.Position
	running  int    // acts running
	ready    int    // what has been caught up: log, signals, hands
	behind   bool   // more than MaxBehind behind the log
	parked   []Park // guards that stand still, oldest first
	replayed int    // events skipped because their ordinal had been seen
	checks   bool   // run Check after each fold: in simulation and scripts

	// Found is called with each broken promise; nil ignores them.
	Found func(Broken)
}

// Park is an event that could not be folded; its guard stands still.
type Park struct {
	Pos     events.Position
	Guard   string
	Verdict string // unreadable, gap, panic
	Reason  string
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
	acts  map[string]*running // by id
	due   time.Time
	waits []Waiter
	held  bool // a Check failed: no acts
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
	}
	for _, m := range c.machines {
		c.owners[m.Owner()] = true
	}
	for _, k := range svc.Hears {
		c.heard[k], c.owned[k.Owner] = true, true
	}
	for _, k := range append(voiceSays(svc), svc.Says...) {
		c.heard[k], c.owned[k.Owner], c.said[k] = true, true, true
	}
	return c
}

// Position is the position up to which the state is folded.
func (c *Core) Position() events.Position { return c.pos }

// Machines are the service's deciders with their states; read-only to callers.
func (c *Core) Machines() []Machine { return c.machines }

// Hears tells whether a subject's kind is folded: the rest is dropped unread.
func (c *Core) Hears(k events.Kind) bool { return c.heard[k] }

// HearsOwner tells whether anything of an owner is folded: its ordinals count then.
func (c *Core) HearsOwner(owner string) bool { return c.owned[owner] }

// Skip moves the position over an event nobody here hears.
func (c *Core) Skip(pos events.Position) {
	if pos.After(c.pos) {
		c.pos = pos
	}
}

// Hear folds one fact. Facts come in order; one at or below the position is
// skipped. The event's Data must be decoded if its kind is heard.
func (c *Core) Hear(e events.Event) {
	if !e.Pos.After(c.pos) {
		return
	}
	g, own := c.guardOf(e)
	fold, gap := c.judge(g, own, e)
	c.pos = e.Pos
	if gap != "" {
		c.park(Park{e.Pos, e.Guard(), "gap", gap})
	}
	if !fold {
		return
	}
	for i, m := range c.machines {
		c.fold(i, m, e)
	}
}

// Unreadable tells that the event at pos could not be read: its guard stands still.
func (c *Core) Unreadable(k events.Kind, app, place string, pos events.Position, why string) {
	c.Skip(pos)
	c.park(Park{pos, events.Guard(k.Owner, app, place), "unreadable", why})
}

// Parked are the events that could not be folded.
func (c *Core) Parked() []Park { return c.parked }

func (c *Core) fold(i int, m Machine, e events.Event) {
	defer func() {
		if p := recover(); p != nil {
			c.park(Park{e.Pos, e.Guard(), "panic", fmt.Sprint(p)})
		}
	}()
	for _, k := range m.Fold(e) {
		c.touch(keyOf{i, k})
		if c.checks {
			c.check(keyOf{i, k})
		}
	}
	for _, k := range m.Forget(m.Touched(e)) {
		c.forget(keyOf{i, k})
	}
}

func (c *Core) park(p Park) {
	c.guardNamed(p.Guard).parked = true
	c.parked = append(c.parked, p)
	c.senseOwn(p)
}

// broken tells the participant's own voice and whoever listens of a promise that
// does not hold.
func (c *Core) broken(b Broken) {
	if c.Found != nil {
		c.Found(b)
	}
	c.senseOwn(b)
}

func (c *Core) senseOwn(data any) { c.Sense(Signal{Data: data}, time.Time{}) }

// check asks the promise of a key; one that does not hold stops the hands.
func (c *Core) check(k keyOf) bool {
	err := c.machines[k.machine].Check(k.key)
	ks := c.state(k)
	switch {
	case err != nil && !ks.held:
		c.broken(Broken{Name: c.machines[k.machine].Owner(), Key: k.key, Detail: err.Error(), At: c.pos})
	case err == nil && ks.held:
		c.senseOwn(Mended{Name: c.machines[k.machine].Owner(), Key: k.key})
	}
	ks.held = err != nil
	return err == nil
}

// Sense hears one signal.
func (c *Core) Sense(sig Signal, now time.Time) {
	for i, m := range c.machines {
		for _, k := range m.Sense(sig, now) {
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

func (c *Core) touch(k keyOf) { c.touched[k] = true }

func (c *Core) touchAll() {
	for i, m := range c.machines {
		for _, k := range m.Keys() {
			c.touch(keyOf{i, k})
		}
	}
}

func (c *Core) forget(k keyOf) {
	delete(c.touched, k)
	if ks, ok := c.keys[k]; ok && len(ks.acts) == 0 {
		delete(c.keys, k)
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
