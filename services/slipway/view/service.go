package view

import (
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Service is one item of ServiceList.
type Service struct {
	ID       string   `json:"name"`
	State    string   `json:"state"` // ready, catching-up, lagging, silent
	Copies   []Copy   `json:"copies"`
	Lag      uint64   `json:"lag"`                // events its foremost copy has still to read
	Snapshot uint64   `json:"snapshot,omitempty"` // sequence its newest snapshot stands at
	Dead     int      `json:"dead"`               // letters nobody could read
	Hears    []string `json:"hears"`
	Says     []string `json:"says"`
}

// Name is the service's.
func (s Service) Name() string { return s.ID }

// Copy is one process of a service.
type Copy struct {
	ID        string `json:"id"`
	State     string `json:"state"` // as of a service
	Node      string `json:"node,omitempty"`
	Pid       int    `json:"pid"`
	StartedAt Time   `json:"startedAt,omitzero"`
	Position  uint64 `json:"position"`
	Lag       uint64 `json:"lag"`
	Version   string `json:"version"`
	Level     int    `json:"level"`
}

// States of a service and its copies.
const (
	Ready      = "ready"       // has read all that the log held
	Lagging    = "lagging"     // had once, and has not now
	CatchingUp = "catching-up" // has not since it began
	Silent     = "silent"      // its lease is older than its TTL
)

// serviceStates are the states, the best first.
var serviceStates = []string{Ready, Lagging, CatchingUp, Silent}

// Beat is a copy's lease, as it was heard last.
type Beat struct {
	Service, Copy string
	Body          events.LeaseBody
	Stored        time.Time
}

// BeatOf reads the subject of a service's lease, slipway.lease.service.deployer-host-42.
func BeatOf(subject string) (b Beat, ok bool) {
	kind, holder, err := events.ParseLease(subject)
	if err != nil || kind != "service" {
		return b, false
	}
	b.Service, b.Copy, ok = strings.Cut(holder[0], "-")
	return b, ok
}

// at is how the copy stands, the log having stood at head and the server's time
// being now.
func (b Beat) at(head uint64, now time.Time, ttl time.Duration) Copy {
	c := Copy{
		ID: b.Copy, Node: b.Body.Node, Pid: b.Body.Pid, StartedAt: Time{b.Body.Started}, Position: b.Body.Head,
		Version: b.Body.Version, Level: b.Body.Level, State: Ready,
	}
	if head > c.Position {
		c.Lag = head - c.Position
	}
	switch {
	case now.Sub(b.Stored) > ttl:
		c.State = Silent
	case !b.Body.Ready:
		c.State = CatchingUp
	case c.Lag > 0:
		c.State = Lagging
	}
	return c
}

// ServiceOf is how a service stands, by the leases of all services. Whose lease is
// older than ttl is silent.
func ServiceOf(svc service.Service, beats []Beat, head uint64, now time.Time, ttl time.Duration) Service {
	s := Service{ID: svc.Name, State: Silent, Copies: []Copy{}, Lag: head, Hears: names(svc.Hears), Says: names(svc.Says)}
	for _, b := range beats {
		if b.Service != svc.Name {
			continue
		}
		c := b.at(head, now, ttl)
		s.Copies = append(s.Copies, c)
		if slices.Index(serviceStates, c.State) < slices.Index(serviceStates, s.State) {
			s.State = c.State
		}
		if c.State != Silent {
			s.Lag = min(s.Lag, c.Lag)
		}
	}
	slices.SortFunc(s.Copies, func(a, b Copy) int { return strings.Compare(a.ID, b.ID) })
	return s
}

func names(kinds []events.Kind) []string {
	list := []string{}
	for _, k := range kinds {
		list = append(list, k.Name())
	}
	slices.Sort(list)
	return list
}
