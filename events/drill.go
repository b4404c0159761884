package events

// Drills a node or gateway can be asked for.
const (
	DrillKillInstance = "kill-instance"     // node: its processes are killed as a crash would
	DrillSlowInstance = "slow-instance"     // node: its processes run only now and then
	DrillKillNode     = "kill-node"         // node: the agent and the keepers of all it runs are killed
	DrillPartition    = "partition-gateway" // gateway: it is cut off from the bus
)

// OfDrill names who is drilled.
type OfDrill struct {
	Participant string `json:"participant"` // node-n1, gateway-gw1-a
	Place       string `json:"place"`       // the node's or gateway's own name
}

// About places a drill at the one who is drilled.
func (o OfDrill) About() About { return About{Place: o.Place, Subject: Beside(o.Participant)} }

// Drill is a failure made on purpose.
type Drill struct {
	Kind     string `json:"drill"`              // kill-instance, slow-instance, kill-node, partition-gateway
	App      string `json:"app,omitempty"`      // of the instance; absent: the whole participant
	Instance string `json:"instance,omitempty"` // who is harmed; absent: the whole participant
	ForMs    int64  `json:"forMs,omitempty"`    // then it heals by itself; absent: nothing is to be healed
	DelayMs  int64  `json:"delayMs,omitempty"`  // of slow-instance: how long it stands still at a time
}

// DrillBegun is the intent to fail: the act follows it.
type DrillBegun struct {
	OfDrill
	Drill
	Try  int `json:"try,omitempty"` // of the instance: no other try is harmed
	Boot int `json:"boot"`          // incarnation of who is drilled: no other one does it
}

// DrillEnded says that nothing fails on purpose any more.
type DrillEnded struct {
	OfDrill
	Drill
	TookMs int64 `json:"tookMs"` // from begun to now
}

// DrillRefused says why nothing was done.
type DrillRefused struct {
	OfDrill
	Cause string `json:"cause"` // drills-off, unknown, busy, invalid, one-process, expired
}

// WishDrillRequested asks a participant to fail on purpose.
type WishDrillRequested struct {
	Participant string `json:"participant"` // node-n1, gateway-gw1-a
	Drill
	Message string `json:"message,omitempty"` // the person's words
}

// About places the wish at the one who is to fail.
func (o WishDrillRequested) About() About {
	return About{Place: o.Participant, Subject: Beside(o.Participant, o.Instance)}
}
