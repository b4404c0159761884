package events

// OfInstance names an instance and, once it is placed, its node.
type OfInstance struct {
	App      string `json:"app"`            // name of the app
	Node     string `json:"node,omitempty"` // where; absent until placed
	Instance string `json:"instance"`       // <app>-<release>-<letter><ordinal>, never reused
}

// About places what concerns an instance: subject n1/web-7-a1.
func (o OfInstance) About() About {
	return About{App: o.App, Place: o.Node, Subject: Beside(o.Node, o.Instance)}
}

// InstanceID is the instance's id.
func (o OfInstance) InstanceID() string { return o.Instance }

// Roles of an instance.
const (
	RoleService = "service" // serves or works as long as it is wanted
	RoleHook    = "hook"    // runs once: before a release starts, in a step, to undo one
)

// AssignmentRequested says that an app wants an instance somewhere.
type AssignmentRequested struct {
	OfInstance
	Release   int           `json:"release"`               // number in the app
	SpecHash  string        `json:"specHash"`              // digest of the spec in release.planned
	Role      string        `json:"role"`                  // service, hook
	Replaces  string        `json:"replaces,omitempty"`    // instance it stands in for
	Hold      bool          `json:"hold,omitempty"`        // fetched, not started, until cleared
	Resources Resources     `json:"resources"`             // what it reserves
	Placement Placement     `json:"placement"`             // where it may and should go
	Driver    string        `json:"driver"`                // what must run it
	HostPorts []int         `json:"hostPorts,omitempty"`   // fixed ports it needs on its node
	Volumes   []VolumeClaim `json:"volumes,omitempty"`     // volumes it needs that stay on their node
	PerNode   bool          `json:"perNode,omitempty"`     // it is the one of its app on its node
	Gateway   bool          `json:"gateway,omitempty"`     // it calls other apps, so its node needs a live gateway
	NotBefore int64         `json:"notBeforeMs,omitempty"` // unix milliseconds; a replacement's back-off
	Hook      *Hook         `json:"hook,omitempty"`        // what a hook runs; absent: the release's preDeploy
	Step      int           `json:"step,omitempty"`        // of a canary, whose hook it is
	Undo      bool          `json:"undo,omitempty"`        // it takes back what the step's hook did
}

// AssignmentCleared says that a held instance may start.
type AssignmentCleared struct{ OfInstance }

// AssignmentWithdrawn says that an instance is no longer wanted.
type AssignmentWithdrawn struct {
	OfInstance
	Cause    string `json:"cause"`            // replaced, aborted, retired, cooled, scaled, unserving, drain, spare
	DrainMs  int64  `json:"drainMs"`          // what its requests may still take
	StopByMs int64  `json:"stopByMs"`         // unix milliseconds; stopped then even if nobody said drained
	Forced   bool   `json:"forced,omitempty"` // nothing serves in its place yet: a drain's deadline, or a person, ends it
}

// PlacementPlaced gives an instance a node and what it may use there.
type PlacementPlaced struct {
	OfInstance
	Release   int           `json:"release"`             // number in the app
	SpecHash  string        `json:"specHash"`            // digest of the spec in release.planned
	Role      string        `json:"role"`                // service, hook
	Resources Resources     `json:"resources"`           // reserved for it
	HostPorts []int         `json:"hostPorts,omitempty"` // fixed ports reserved for it
	Volumes   []VolumeClaim `json:"volumes,omitempty"`   // volumes it uses that stay on this node
	Hold      bool          `json:"hold,omitempty"`      // fetch, do not start
	Hook      *Hook         `json:"hook,omitempty"`      // what a hook runs; absent: the release's preDeploy
}

// PlacementBlocked says that no node fits, and what each lacks.
type PlacementBlocked struct {
	OfInstance
	Lacks string `json:"lacks"` // "0 of 3 nodes fit: 2 lack memory …"
}

// PlacementCancelled says that a withdrawn instance was never placed.
type PlacementCancelled struct{ OfInstance }

// PlacementEvacuated says that an instance counts as gone without its node's word.
type PlacementEvacuated struct {
	OfInstance
	Cause string `json:"cause"` // lost, removal
}
