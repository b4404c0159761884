package service

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"slipway.dev/events"
)

// Machine is a Decider whose types are hidden, with its states.
type Machine interface {
	// Owner is who speaks.
	Owner() string
	// Fold folds a fact and returns the keys it touched, sorted.
	Fold(events.Event) []string
	// Sense hears a signal and returns the keys it touched, sorted.
	Sense(Signal, time.Time) []string
	// Decide, Acts, Due, Check and Guard ask about one key.
	Decide(key string, now time.Time) Says
	Acts(key string) []Act
	Due(key string, after time.Time) time.Time
	Check(key string) error
	Guard(key string) string
	// Joined is false for an agent whose own joined has not come back.
	Joined(key string) bool
	// Apart tells that a key holds many apps, which stand still one by one.
	Apart() bool
	// Keys are all keys there are, sorted.
	Keys() []string
	// Touched tells whose state a fact would touch, without folding it.
	Touched(events.Event) []string
	// State is the state of a key as JSON, without hearsay; nil if there is none.
	State(key string) json.RawMessage
	// Export and Import write and read all states, without hearsay.
	Export() (json.RawMessage, error)
	Import(json.RawMessage) error
	// Forget drops keys that are gone and returns them.
	Forget(keys []string) []string
}

// Of hides a decider's types.
func Of[S, C any](d Decider[S, C]) Machine {
	return &machine[S, C]{d: d, common: new(C), states: map[string]*S{}}
}

// StateOf is the state of a key of a machine made by Of, or nil: a view for readers.
func StateOf[S, C any](m Machine, key string) (*S, *C) {
	if w, wrapped := m.(interface{ Unwrap() Machine }); wrapped {
		m = w.Unwrap()
	}
	x, ok := m.(*machine[S, C])
	if !ok {
		panic(fmt.Sprintf("service: machine of %s holds other types", m.Owner()))
	}
	return x.states[key], x.common
}

type machine[S, C any] struct {
	d      Decider[S, C]
	common *C
	states map[string]*S
}

func (m *machine[S, C]) Owner() string           { return m.d.Owner }
func (m *machine[S, C]) Guard(key string) string { return m.d.Guard(key) }

func (m *machine[S, C]) Apart() bool { return m.d.Apart }

func (m *machine[S, C]) Fold(e events.Event) []string {
	if m.d.Common != nil {
		m.d.Common(m.common, e)
	}
	keys := m.expand(m.d.Keys(e))
	for _, k := range keys {
		m.d.Evolve(k, m.state(k), m.common, e)
	}
	return keys
}

func (m *machine[S, C]) Touched(e events.Event) []string { return m.expand(m.d.Keys(e)) }

func (m *machine[S, C]) Sense(sig Signal, now time.Time) []string {
	if m.d.Sense == nil {
		return nil
	}
	var keys []string
	switch {
	case sig.Data == Gap{}:
		keys = m.Keys()
	case sig.Wish != nil:
		keys = m.expand(m.d.Keys(*sig.Wish))
	case m.d.Touches != nil:
		keys = m.expand(m.d.Touches(sig))
	}
	for _, k := range keys {
		m.d.Sense(m.state(k), m.common, sig, now)
	}
	return keys
}

func (m *machine[S, C]) Decide(key string, now time.Time) Says {
	s, ok := m.states[key]
	if !ok || m.d.Decide == nil {
		return Says{}
	}
	return m.d.Decide(s, m.common, now)
}

func (m *machine[S, C]) Acts(key string) []Act {
	s, ok := m.states[key]
	if !ok || m.d.Acts == nil {
		return nil
	}
	return m.d.Acts(s, m.common)
}

func (m *machine[S, C]) Due(key string, after time.Time) time.Time {
	s, ok := m.states[key]
	if !ok || m.d.Due == nil {
		return time.Time{}
	}
	return m.d.Due(s, m.common, after)
}

func (m *machine[S, C]) Check(key string) error {
	s, ok := m.states[key]
	if !ok || m.d.Check == nil {
		return nil
	}
	return m.d.Check(s, m.common)
}

func (m *machine[S, C]) Joined(key string) bool {
	if m.d.Joined == nil {
		return true
	}
	s, ok := m.states[key]
	return ok && m.d.Joined(s)
}

func (m *machine[S, C]) Keys() []string { return Sorted(m.states) }

func (m *machine[S, C]) Forget(keys []string) (gone []string) {
	if m.d.Gone == nil {
		return nil
	}
	for _, k := range keys {
		if s, ok := m.states[k]; ok && m.d.Gone(s) {
			delete(m.states, k)
			gone = append(gone, k)
		}
	}
	return gone
}

func (m *machine[S, C]) State(key string) json.RawMessage {
	s, ok := m.states[key]
	if !ok {
		return nil
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("service: state of %s %s: %v", m.d.Owner, key, err))
	}
	return b
}

type exported[C any] struct {
	Common *C                         `json:"common"`
	States map[string]json.RawMessage `json:"states"`
}

func (m *machine[S, C]) Export() (json.RawMessage, error) {
	states := make(map[string]json.RawMessage, len(m.states))
	for key, s := range m.states {
		b, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("write state of %s %s: %w", m.d.Owner, key, err)
		}
		fresh, err := json.Marshal(m.d.New(key))
		if err != nil {
			return nil, fmt.Errorf("write state of %s %s: %w", m.d.Owner, key, err)
		}
		if !bytes.Equal(b, fresh) { // one that only hearsay touched is no part of the fold
			states[key] = b
		}
	}
	return json.Marshal(exported[C]{m.common, states})
}

func (m *machine[S, C]) Import(b json.RawMessage) error {
	x := exported[C]{Common: new(C)}
	if err := json.Unmarshal(b, &x); err != nil {
		return fmt.Errorf("read states of %s: %w", m.d.Owner, err)
	}
	states := make(map[string]*S, len(x.States))
	for key, b := range x.States {
		states[key] = m.d.New(key) // keeps what New makes and JSON does not hold
		if err := json.Unmarshal(b, states[key]); err != nil {
			return fmt.Errorf("read state of %s %s: %w", m.d.Owner, key, err)
		}
	}
	m.common, m.states = x.Common, states
	return nil
}

func (m *machine[S, C]) state(key string) *S {
	s, ok := m.states[key]
	if !ok {
		s = m.d.New(key)
		m.states[key] = s
	}
	return s
}

func (m *machine[S, C]) expand(keys []string) []string {
	if len(keys) == 1 && keys[0] == All {
		return m.Keys()
	}
	if len(keys) > 1 {
		slices.Sort(keys)
	}
	return keys
}

// Sorted is the keys of a map in order: whatever a decision picks from is sorted, so
// that twins pick the same.
func Sorted[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
