package events

import "strconv"

// OfGateway names a gateway and its incarnation.
type OfGateway struct {
	Gateway     string `json:"gateway"`     // slot: gw1-a or gw1-b
	Incarnation int    `json:"incarnation"` // grows at each start
}

// About places what a gateway says of itself: subject gw1-a/17.
func (o OfGateway) About() About {
	return About{Place: o.Gateway, Subject: Beside(o.Gateway, strconv.Itoa(o.Incarnation))}
}

// GatewayJoined begins a gateway's life; its listeners open after it came back.
type GatewayJoined struct {
	OfGateway
	Node      string   `json:"node,omitempty"`    // where it runs
	Addresses []string `json:"addresses"`         // where it will listen
	Version   string   `json:"version,omitempty"` // of the binary
	Pid       int      `json:"pid,omitempty"`     // process id on the node
	Nonce     string   `json:"nonce,omitempty"`   // of this start: tells its own joined from a twin's

	TLS *GatewayTLS `json:"tls,omitempty"` // how it serves by TLS; absent: it does not
}

// GatewayTLS is what the others must know of a gateway that serves by TLS.
type GatewayTLS struct {
	Addresses []string `json:"addresses"`           // where it will listen with TLS
	Directory string   `json:"directory,omitempty"` // URL of the ACME directory it obtains by; absent: it has certificates from files alone
	Store     string   `json:"store,omitempty"`     // fingerprint of its store key: those who share it open one another's certificates
}

// GatewayDraining says that it takes no new connections.
type GatewayDraining struct{ OfGateway }

// GatewayDrained says that it has nothing in flight.
type GatewayDrained struct {
	OfGateway
	InFlight int `json:"inFlight"` // requests still open; more than 0 at the deadline only
}

// GatewayLeft ends a gateway's life.
type GatewayLeft struct{ OfGateway }

// ReleaseCount is what a gateway counted for a release since its previous fact
// about the app.
type ReleaseCount struct {
	Release  int   `json:"release"`  // number in the app
	Requests int64 `json:"requests"` // answered, however
	Failures int64 `json:"failures"` // answered 5xx or cut, after retries
}

// OfRouting names the route generation a gateway speaks of.
type OfRouting struct {
	App        string `json:"app"`        // name of the app
	Gateway    string `json:"gateway"`    // slot: gw1-a or gw1-b
	Generation int    `json:"generation"` // of the route
}

// About places what a gateway says of a route: subject gw1-a/12.
func (o OfRouting) About() About {
	return About{App: o.App, Place: o.Gateway, Subject: Beside(o.Gateway, strconv.Itoa(o.Generation))}
}

// RoutingApplied says that this route and pool are what the gateway serves by.
type RoutingApplied struct {
	OfRouting
	Pool        int            `json:"pool"`                  // generation of the pool
	Counts      []ReleaseCount `json:"counts,omitempty"`      // since the previous fact about the app
	Unreachable []string       `json:"unreachable,omitempty"` // endpoints that did not answer a connect
	Closed      []string       `json:"closed,omitempty"`      // why a port of a TCP route could not be opened here, one for each
}

// RoutingQuiesced says that a held app has nothing in flight here.
type RoutingQuiesced struct {
	OfRouting
	Held int `json:"held"` // requests waiting
}

// RoutingRefused says why the gateway keeps its old table.
type RoutingRefused struct {
	OfRouting
	Pool int `json:"pool"` // generation of the pool
}

// OfTraffic names an endpoint as one gateway sees it.
type OfTraffic struct {
	App      string `json:"app"`      // name of the app
	Gateway  string `json:"gateway"`  // slot: gw1-a or gw1-b
	Endpoint string `json:"endpoint"` // instance id, or an integrator's name
}

// About places what a gateway says of an endpoint: subject gw1-a/web-7-a1.
func (o OfTraffic) About() About {
	return About{App: o.App, Place: o.Gateway, Subject: Beside(o.Gateway, o.Endpoint)}
}

// TrafficClosed says that no request enters the endpoint any more.
type TrafficClosed struct{ OfTraffic }

// TrafficDrained says that the gateway has nothing open to the endpoint.
type TrafficDrained struct {
	OfTraffic
	InFlight int            `json:"inFlight"`         // always 0
	Streams  int            `json:"streams"`          // always 0
	Cut      int            `json:"cut,omitempty"`    // requests and streams cut at the deadline
	Counts   []ReleaseCount `json:"counts,omitempty"` // since the previous fact about the app
}

// TrafficCut says what the drain deadline ended.
type TrafficCut struct {
	OfTraffic
	Requests int `json:"requests"` // requests cut
	Streams  int `json:"streams"`  // streams and WebSockets cut
}
