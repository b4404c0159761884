package node

import (
	"time"

	"slipway.dev/events"
)

// What the hands must be doing: the Data of the acts.
type (
	// Lease keeps saying that the node is alive.
	Lease struct{ Incarnation int }
	// Fetch gets an instance's content. It answers Content or ContentFailed.
	Fetch struct {
		ID       string
		Failures int
		Artifact events.Artifact
	}
	// Start runs a try. It answers Running or Ended.
	Start struct {
		ID      string
		App     string
		Release int
		Try     int
		Command []string // of a hook its own
		Spec    events.Spec
		Ports   map[string]int
	}
	// Watch runs an instance's checks, and tells what it uses. It answers Checked, again and again.
	Watch struct {
		ID      string
		App     string
		Release int
		Try     int
		Ready   Probe
		Live    *Probe
	}
	// Probe is a health check with the address it asks.
	Probe struct {
		events.HealthCheck
		Address string // host:port; empty where the kind needs none
	}
	// Follow ships the output of a try.
	Follow struct {
		ID, App string
		Try     int
	}
	// Halt ends one try and leaves the id free for the next. It answers Ended.
	Halt struct {
		ID      string
		Try     int
		Signal  string
		GraceMs int64
	}
	// Stop ends an instance for good. It answers Confirmed.
	Stop struct {
		ID      string
		Signal  string
		GraceMs int64
	}
	// Remove ships the last output of an ended instance and deletes what is left of it.
	Remove struct{ ID, App string }
	// Drill makes an instance, or all of the node, fail until its time is over. It answers drill.Done.
	Drill struct {
		ID       string // of the drill
		Kind     string // one of the words of events.Drill
		Instance string
		Try      int
		Delay    time.Duration // of slow-instance: how long it stands still at a time
		Until    time.Time
	}
	// Gone says that the agent may go: nothing of it runs that shall not.
	Gone struct{}
)
