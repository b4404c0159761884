package proxy

import (
	"slices"
	"time"
)

// defaultDrain is a release's stop.drain where the app file says nothing.
const defaultDrain = 15 * time.Second

// Protocols an endpoint may speak.
const (
	ProtocolHTTP  = "http"  // HTTP/1.1
	ProtocolH2C   = "h2c"   // HTTP/2 without TLS
	ProtocolHTTPS = "https" // TLS, HTTP/2 if offered
)

// Endpoint is one address that serves a release.
type Endpoint struct {
	ID       string            `json:"endpoint"`
	Release  uint64            `json:"release"` // 0: offered from outside, joins the stable release
	Address  string            `json:"address"` // host:port
	Ports    map[string]string `json:"ports,omitempty"`
	Protocol string            `json:"protocol,omitempty"` // "" is http
	Weight   int               `json:"weight"`             // 0..1000; 0 gets nothing

	Ready       bool `json:"ready"`
	Serving     bool `json:"serving"`
	Terminating bool `json:"terminating"`

	Drain time.Duration `json:"drain,omitempty"` // from closed gate to cut; 0 is 15 s
}

// Desired is everything the proxy is to do for one app.
type Desired struct {
	Route          Route      `json:"route"`
	PoolGeneration uint64     `json:"poolGeneration"`
	Endpoints      []Endpoint `json:"endpoints"`

	// Restored publishes at once and connects afterwards: what a gateway
	// served before its restart is served again without a probe.
	Restored bool `json:"-"`
}

// Applied is what the published table holds of one app.
type Applied struct {
	Generation     uint64
	PoolGeneration uint64
	Unreachable    []string // endpoints in use that did not answer a connect; sorted
	Idle           []string // listed, terminating and without traffic here: drained already or never used; sorted
}

func (e *Endpoint) usable() bool   { return e.Ready && !e.Terminating }
func (e *Endpoint) lastHope() bool { return e.Serving && e.Terminating }

func (e *Endpoint) drain() time.Duration {
	if e.Drain > 0 {
		return e.Drain
	}
	return defaultDrain
}

// choose returns the endpoints of one release that take requests: the ready
// ones, else, if hope is set, those that still serve while terminating.
func choose(all []Endpoint, release uint64, outside, hope bool) []Endpoint {
	of := func(e Endpoint) bool { return e.Release == release || outside && e.Release == 0 }
	var ready, hopes []Endpoint
	for _, e := range all {
		switch {
		case of(e) && e.usable():
			ready = append(ready, e)
		case of(e) && e.lastHope():
			hopes = append(hopes, e)
		}
	}
	if len(ready) == 0 && hope {
		return sorted(hopes)
	}
	return sorted(ready)
}

func sorted(list []Endpoint) []Endpoint {
	slices.SortFunc(list, func(a, b Endpoint) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}
