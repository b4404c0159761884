package events

import "time"

// OfHolder names who holds a lease: node-n1, gateway-gw1-a.
type OfHolder struct {
	Holder string `json:"holder"` // node-n1, gateway-gw1-a
}

// About places what concerns a lease.
func (o OfHolder) About() About { return About{Place: o.Holder, Subject: Beside(o.Holder)} }

// Lease is a holder's life as the registry judges it.
type Lease struct {
	OfHolder
	Kind        string `json:"kind"`        // node, gateway
	Name        string `json:"name"`        // of the node or gateway
	Incarnation int    `json:"incarnation"` // the boot it is about
}

// LeaseGranted says that a holder is alive.
type LeaseGranted struct{ Lease }

// LeaseLapsed says that a holder was silent for longer than its TTL.
type LeaseLapsed struct {
	Lease
	SilentMs int64 `json:"silentMs"`        // since it was last heard
	TTLMs    int64 `json:"ttlMs,omitempty"` // silence after which a lease lapsed then; absent: one server's
}

// LeaseResumed says that a lapsed holder is heard again.
type LeaseResumed struct{ Lease }

// LeaseReleased says that a holder left.
type LeaseReleased struct{ Lease }

// OfBrake names what is braked: an app's pool, or the fleet when app is empty.
type OfBrake struct {
	App string `json:"app,omitempty"` // name of the app; absent: the whole fleet
}

// About places a brake.
func (o OfBrake) About() About {
	if o.App == "" {
		return About{Subject: "fleet"}
	}
	return About{App: o.App, Subject: Beside(o.App)}
}

// BrakeEngaged says that mass silence is not believed.
type BrakeEngaged struct {
	OfBrake
	Scope  string `json:"scope"`  // fleet, pool
	Silent int    `json:"silent"` // holders that would lapse
	Of     int    `json:"of"`     // holders in all
}

// BrakeReleased says that silence is believed again.
type BrakeReleased struct {
	OfBrake
	Override bool `json:"override,omitempty"` // a person overruled it
}

// BrakeRefused says why a wish about the brake was not granted.
type BrakeRefused struct {
	OfBrake
	Cause string `json:"cause"` // expired, busy
}

// LeaseBody is what a holder publishes: plain JSON, no CloudEvent. No clock of the
// sender is used; a malformed body still counts as heard.
type LeaseBody struct {
	Incarnation int    `json:"incarnation"`       // grows at each start
	N           uint64 `json:"n"`                 // counts the renewals of this incarnation
	Head        uint64 `json:"head,omitempty"`    // sequence of the log it has applied
	Level       int    `json:"level,omitempty"`   // newest event level it reads
	Address     string `json:"address,omitempty"` // where it answers HTTP
	Pid         int    `json:"pid,omitempty"`     // process id
	Node        string `json:"node,omitempty"`    // where it runs
	Version     string `json:"version,omitempty"` // of the binary
	Ready       bool   `json:"ready,omitempty"`   // it has caught up with the log once

	Started time.Time `json:"started,omitzero"` // when this copy began: shown, never decided by
}

// WishEvictionRequested asks for the brake to be overruled.
type WishEvictionRequested struct {
	OfBrake
	Message string `json:"message,omitempty"` // the person's words
}

// WishEvictionLifted takes an overruling back.
type WishEvictionLifted struct {
	OfBrake
	Message string `json:"message,omitempty"` // the person's words
}
