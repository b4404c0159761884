package events

import "strconv"

// OfRoute names a generation of an app's route.
type OfRoute struct {
	App        string `json:"app"`        // name of the app
	Generation int    `json:"generation"` // counts in the app, from 1, without a hole
}

// About places what concerns a route: subject web/12.
func (o OfRoute) About() About {
	return About{App: o.App, Subject: Beside(o.App, strconv.Itoa(o.Generation))}
}

// RouteRule is one way in: a host and a path prefix.
type RouteRule struct {
	Host     string `json:"host"`               // exact, or *.example.com for one label
	Path     string `json:"path"`               // prefix on segment borders, begins with /
	Strip    bool   `json:"strip,omitempty"`    // the prefix is taken off before the instance sees it
	Port     string `json:"port,omitempty"`     // the app's port; absent: the one PORT names
	Protocol string `json:"protocol,omitempty"` // http (default), h2c, https, tcp
	TLS      string `json:"tls,omitempty"`      // auto, secret; absent: off
	Secret   string `json:"secret,omitempty"`   // with tls secret: its name
	Listen   int    `json:"listen,omitempty"`   // protocol tcp: the gateway's own port; host and path are empty
	Release  int    `json:"release,omitempty"`  // a preview: this release alone; absent: by shares
}

// RouteShare is a release's share of an app's requests.
type RouteShare struct {
	Release int `json:"release"` // number in the app
	ShareBp int `json:"shareBp"` // basis points; all together 10000
}

// Route is an app's way in, whole, as every route fact restates it.
type Route struct {
	Rules    []RouteRule  `json:"rules"`              // sorted by host, then path
	Shares   []RouteShare `json:"shares,omitempty"`   // the first is stable; empty before the first shift
	Balance  string       `json:"balance,omitempty"`  // least-request (default), round-robin, weighted, p2c, hash
	HTTP     HTTPLimits   `json:"http"`               // per request limits
	MeshPort int          `json:"meshPort,omitempty"` // port at which other apps reach it on every node; absent: none
	Mesh     *MeshTarget  `json:"mesh,omitempty"`     // what of the app they reach; absent: the port PORT names, as it is spoken
	Sticky   *Sticky      `json:"sticky,omitempty"`   // keeps a user on one side of a split
	TrafficPolicy
}

// MeshTarget is the port of an app that other apps' calls go to.
type MeshTarget struct {
	Port     string `json:"port,omitempty"`     // the app's port; absent: the one PORT names
	Protocol string `json:"protocol,omitempty"` // http (default), h2c, https
}

// RouteDeclared says that an app has a way in, before anything is behind it.
type RouteDeclared struct {
	OfRoute
	Route
}

// RouteShifted says how an app's requests are to be shared from now on.
type RouteShifted struct {
	OfRoute
	Route
}

// RoutePaused says that an app's requests wait, or are turned away.
type RoutePaused struct {
	OfRoute
	Kind      string `json:"kind"`              // pause: they wait; stop: 503 with the message
	MaxWaitMs int64  `json:"maxWaitMs"`         // longest wait of one request, then 504
	MaxHeld   int    `json:"maxHeld"`           // requests that may wait, then 503
	Message   string `json:"message,omitempty"` // shown to the client with kind stop
}

// RouteResumed says that an app's requests flow again.
type RouteResumed struct{ OfRoute }

// RouteRemoved says that an app has no way in any more.
type RouteRemoved struct{ OfRoute }

// RouteRefused says why a hold was not granted.
type RouteRefused struct{ OfRoute }

// WishHoldRequested asks for an app's requests to wait.
type WishHoldRequested struct {
	OfApp
	Kind      string `json:"kind"`                // pause or stop
	MaxWaitMs int64  `json:"maxWaitMs,omitempty"` // default 30000
	MaxHeld   int    `json:"maxHeld,omitempty"`   // default 1000
	Message   string `json:"message,omitempty"`   // for the client, with kind stop
}

// WishHoldLifted asks for an app's requests to flow again.
type WishHoldLifted struct{ OfApp }
