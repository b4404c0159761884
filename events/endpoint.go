package events

import (
	"strconv"
	"time"
)

// EndpointConditions tell what an endpoint can do.
type EndpointConditions struct {
	Ready       bool `json:"ready"`       // its checks pass and its node is alive
	Serving     bool `json:"serving"`     // it may still answer
	Terminating bool `json:"terminating"` // it is going away
}

// Endpoint is the full record of an endpoint; every endpoint fact restates it, so
// the last one is its state.
type Endpoint struct {
	App        string             `json:"app"`                 // name of the app
	Endpoint   string             `json:"endpoint"`            // instance id, or an integrator's name
	Release    int                `json:"release"`             // 0: offered from outside
	Node       string             `json:"node,omitempty"`      // where it runs
	Zone       string             `json:"zone,omitempty"`      // failure domain
	Address    string             `json:"address"`             // host:port of the main port
	Ports      map[string]string  `json:"ports,omitempty"`     // host:port of further ports, by name
	Protocol   string             `json:"protocol,omitempty"`  // http (default), h2c, https, tcp
	Weight     int                `json:"weight"`              // 0..1000; 0: listed, gets nothing
	Liveness   string             `json:"liveness,omitempty"`  // lease, probe; absent: its node's
	ProbePath  string             `json:"probePath,omitempty"` // for liveness probe
	Tags       map[string]string  `json:"tags,omitempty"`      // an integrator's own words
	Conditions EndpointConditions `json:"conditions"`          // what it can do now
	Since      time.Time          `json:"since"`               // of the last change of conditions
}

// About places what concerns an endpoint: subject web/web-7-a1.
func (e Endpoint) About() About { return About{App: e.App, Subject: Beside(e.App, e.Endpoint)} }

// EndpointRegistered says that an endpoint exists. Of one offered again from outside it
// says the record that holds from now on; with another address that is the record of
// the one that comes once its predecessor of that name is removed.
type EndpointRegistered struct{ Endpoint }

// EndpointAvailable says that an endpoint may be routed to.
type EndpointAvailable struct{ Endpoint }

// EndpointUnavailable says that it may not.
type EndpointUnavailable struct {
	Endpoint
	Cause string `json:"cause"` // silent, unready, gone
}

// EndpointDraining says that it gets nothing new and finishes what it has.
type EndpointDraining struct {
	Endpoint
	DrainMs int64 `json:"drainMs"` // what its requests may still take
}

// EndpointDrained says that every gateway that counts has let it go.
type EndpointDrained struct {
	Endpoint
	Gateways []string `json:"gateways"`          // who said so
	Without  []string `json:"without,omitempty"` // whose lease and fence ran out instead
	Cut      int      `json:"cut"`               // requests and streams cut at the deadline
}

// EndpointRemoved says that it is no more; while its predecessor of that name drains,
// that the one to come is not to come.
type EndpointRemoved struct{ Endpoint }

// EndpointRefused says why an endpoint is not listed.
type EndpointRefused struct {
	Endpoint
	Cause string `json:"cause"` // pool-full, address, record, owner, unchanged, unknown, expired, busy
}

// OfGeneration names a generation of what an app's registry keeps.
type OfGeneration struct {
	App        string `json:"app"`        // name of the app
	Generation int    `json:"generation"` // counts in the app, from 1, without a hole
}

// About places what concerns a generation: subject web/57.
func (o OfGeneration) About() About {
	return About{App: o.App, Subject: Beside(o.App, strconv.Itoa(o.Generation))}
}

// PoolEndpoint is one line of an app's live list.
type PoolEndpoint struct {
	Endpoint    string            `json:"endpoint"`            // instance id, or an integrator's name
	Release     int               `json:"release"`             // 0: offered from outside
	Node        string            `json:"node,omitempty"`      // where it runs
	Address     string            `json:"address"`             // host:port of the main port
	Ports       map[string]string `json:"ports,omitempty"`     // host:port of further ports, by name
	Protocol    string            `json:"protocol,omitempty"`  // http (default), h2c, https, tcp
	Weight      int               `json:"weight"`              // 0..1000
	Zone        string            `json:"zone,omitempty"`      // failure domain
	Liveness    string            `json:"liveness,omitempty"`  // probe: gateways ask ProbePath; absent or lease: the registry knows
	ProbePath   string            `json:"probePath,omitempty"` // for liveness probe
	Ready       bool              `json:"ready"`               // its checks pass and its node is alive
	Serving     bool              `json:"serving"`             // it may still answer
	Terminating bool              `json:"terminating"`         // it is going away
	Suspect     bool              `json:"suspect,omitempty"`   // its node is silent; the brake keeps it
	DrainMs     int64             `json:"drainMs,omitempty"`   // while terminating: what its requests may still take
}

// PoolChanged restates an app's whole live list, sorted by endpoint.
type PoolChanged struct {
	OfGeneration
	Endpoints []PoolEndpoint `json:"endpoints"` // all that are listed, sorted by name
}

// SettlementReached says that every live gateway applied this route and pool.
type SettlementReached struct {
	OfGeneration          // of the route
	Pool         int      `json:"pool"`     // generation of the pool
	Gateways     []string `json:"gateways"` // who applied it
}
