package events

import "time"

// InstanceFetching says that the node gets the instance's content.
type InstanceFetching struct {
	OfInstance
	Digest string `json:"digest"` // sha256 in hex of what is fetched; empty: nothing to fetch
}

// InstanceFetched says that the content is there and verified.
type InstanceFetched struct {
	OfInstance
	SizeBytes int64 `json:"sizeBytes"` // of the content
	TookMs    int64 `json:"tookMs"`    // from fetching to now
}

// InstanceFetchFailed says why the content is not there.
type InstanceFetchFailed struct {
	OfInstance
	Final    bool      `json:"final"`            // no retry can mend it
	Failures int       `json:"failures"`         // in a row
	Until    time.Time `json:"until,omitzero"`   // tried again then
	Detail   string    `json:"detail,omitempty"` // what the node saw
}

// InstanceStarting is the intent to start: the act follows it.
type InstanceStarting struct {
	OfInstance
	Try   int            `json:"try"`             // from 1, over all starts of this instance
	Boot  int            `json:"boot"`            // the node's incarnation
	Ports map[string]int `json:"ports,omitempty"` // ports allotted, by name
}

// InstanceStarted says that it runs.
type InstanceStarted struct {
	OfInstance
	Release   int               `json:"release"`             // number in the app
	Try       int               `json:"try"`                 // the start it is, from 1
	Boot      int               `json:"boot"`                // the node's incarnation
	Pid       int               `json:"pid,omitempty"`       // process id on the node
	Container string            `json:"container,omitempty"` // container id on the node's engine
	Address   string            `json:"address,omitempty"`   // host:port of the port that PORT names
	Addresses map[string]string `json:"addresses,omitempty"` // host:port of further ports, by name
	Warnings  []string          `json:"warnings,omitempty"`  // what the driver could not enforce, in words
}

// InstanceReady says that its checks pass; it counts only for the boot it names.
type InstanceReady struct {
	OfInstance
	Boot   int    `json:"boot"`   // the node's incarnation
	Check  string `json:"check"`  // "GET /up", "tcp http", "alive"
	TookMs int64  `json:"tookMs"` // from started to now
}

// InstanceUnready says that its checks fail while the process lives.
type InstanceUnready struct {
	OfInstance
	Ending string `json:"ending,omitempty"` // startup, live, timeout: why it is ended now, to be started again; absent: it is left to recover
}

// InstanceExited says that it ended, or never came up.
type InstanceExited struct {
	OfInstance
	Try     int      `json:"try"`               // the start that ended
	Code    int      `json:"code"`              // exit code; -1 when ended by a signal
	Signal  string   `json:"signal,omitempty"`  // TERM, KILL …
	Oom     bool     `json:"oom,omitempty"`     // ended at its memory limit
	Planned bool     `json:"planned,omitempty"` // the node stopped; no failure
	Cause   string   `json:"cause,omitempty"`   // startup, live, timeout, port, missing, final; absent: it ended by itself
	Tail    []string `json:"tail,omitempty"`    // its last lines
}

// InstanceBackingOff says when it is started again.
type InstanceBackingOff struct {
	OfInstance
	Until    time.Time `json:"until"`    // started again then
	Failures int       `json:"failures"` // counted failures so far
}

// InstanceFailed ends an instance that will not be started again.
type InstanceFailed struct {
	OfInstance
	Final bool     `json:"final,omitempty"` // no other try of the release can do better
	Code  int      `json:"code"`            // exit code of the last try; -1 when ended by a signal
	Tail  []string `json:"tail,omitempty"`  // its last lines
}

// InstanceCompleted ends an instance that did what it had to.
type InstanceCompleted struct {
	OfInstance
	TookMs int64 `json:"tookMs"` // from started to now
}

// InstanceStopping is the intent to stop: the signal follows it.
type InstanceStopping struct {
	OfInstance
	Signal  string `json:"signal"`        // TERM …
	GraceMs int64  `json:"graceMs"`       // then KILL
	Drained bool   `json:"drained"`       // every gateway that counts said so, or it never was routed
	Cut     int    `json:"cut,omitempty"` // requests cut at the drain deadline
}

// InstanceStopped ends an instance: its driver confirmed the stop.
type InstanceStopped struct {
	OfInstance
	Code   int   `json:"code"`             // exit code; -1 when ended by a signal
	Killed bool  `json:"killed,omitempty"` // the grace was not enough
	TookMs int64 `json:"tookMs"`           // from stopping to now
}

// InstanceAdopted says that a restarted agent found it running.
type InstanceAdopted struct {
	OfInstance
	Boot      int    `json:"boot"`                // the node's incarnation
	Pid       int    `json:"pid,omitempty"`       // process id on the node
	Container string `json:"container,omitempty"` // container id on the node's engine
}

// DriftFound says that the world is not as the log says.
type DriftFound struct {
	OfInstance
	Kind string `json:"kind"` // missing, extra, mutated
}

// DriftRepaired says that it is again.
type DriftRepaired struct {
	OfInstance
	Kind   string `json:"kind"`   // missing, extra, mutated
	TookMs int64  `json:"tookMs"` // from found to now
}

// DriftAccepted says that the app asks for drift to be left alone.
type DriftAccepted struct {
	OfInstance
	Kind string `json:"kind"` // missing, extra, mutated
}

// DriftRepairFailed says why it is not.
type DriftRepairFailed struct {
	OfInstance
	Kind string `json:"kind"` // missing, extra, mutated
}
