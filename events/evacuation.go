package events

// OfEvacuation names the node that is emptied.
type OfEvacuation struct {
	Node string `json:"node"` // name of the node
}

// About places what concerns a node's evacuation.
func (o OfEvacuation) About() About { return About{Place: o.Node, Subject: Beside(o.Node)} }

// Causes of an evacuation's beginning and end.
const (
	EvacuationLost     = "lost"     // the node was silent for too long
	EvacuationDrain    = "drain"    // a person asked for it
	EvacuationReturned = "returned" // a lost node is heard again
	EvacuationRemoval  = "removal"  // a person gave a lost node up
)

// DrainDeadlineMs is how long a drain may take unless the wish says otherwise.
const DrainDeadlineMs = 3_600_000

// Drain is how a person wants a node emptied.
type Drain struct {
	DeadlineMs    int64  `json:"deadlineMs,omitempty"`    // then what is left is stopped; absent in a wish: an hour
	Force         bool   `json:"force,omitempty"`         // all of it is stopped at once
	IgnorePerNode bool   `json:"ignorePerNode,omitempty"` // what runs once on every node stays
	KeepCordoned  bool   `json:"keepCordoned,omitempty"`  // also when the drain is cancelled
	AllowGap      bool   `json:"allowGap,omitempty"`      // what cannot move is stopped all the same
	Message       string `json:"message,omitempty"`       // the person's words
}

// EvacuationCordoned says that a node gets nothing new.
type EvacuationCordoned struct {
	OfEvacuation
	Message string `json:"message,omitempty"` // the person's words
}

// EvacuationUncordoned says that it does again.
type EvacuationUncordoned struct{ OfEvacuation }

// EvacuationStarted says that a node's instances go elsewhere.
type EvacuationStarted struct {
	OfEvacuation
	Cause string `json:"cause"` // lost, drain
	Drain
}

// EvacuationEmptied says that a draining node has nothing left but what runs once on
// every node, which leaves last.
type EvacuationEmptied struct{ OfEvacuation }

// EvacuationFinished says that an evacuation is over.
type EvacuationFinished struct {
	OfEvacuation
	Cause  string `json:"cause"`            // drain, returned, removal
	Moved  int    `json:"moved,omitempty"`  // instances that went
	TookMs int64  `json:"tookMs,omitempty"` // from started to now
	Forced int    `json:"forced,omitempty"` // of them, those that were stopped before another one served in their place
	Cut    int    `json:"cut,omitempty"`    // requests cut off by it
}

// EvacuationBlocked says what keeps an instance from going elsewhere.
type EvacuationBlocked struct {
	OfEvacuation
	Instance string `json:"instance"`        // the one that cannot move
	Lacks    string `json:"lacks,omitempty"` // why: "0 of 3 nodes fit: 2 lack memory …"
}

// EvacuationCancelled says that a drain goes no further; what has moved stays where it is.
type EvacuationCancelled struct {
	OfEvacuation
	Cordoned bool `json:"cordoned,omitempty"` // the node gets nothing new all the same
}

// EvacuationRefused says why a wish about a node was not granted.
type EvacuationRefused struct {
	OfEvacuation
	Cause string `json:"cause"` // unknown, already, live, lost, draining, idle, invalid, expired, busy
}

// WishCordonRequested asks that a node gets nothing new.
type WishCordonRequested struct {
	OfEvacuation
	Message string `json:"message,omitempty"` // the person's words
}

// WishCordonLifted asks that it gets something again.
type WishCordonLifted struct {
	OfEvacuation
	Message string `json:"message,omitempty"` // the person's words
}

// WishDrainRequested asks that a node is emptied.
type WishDrainRequested struct {
	OfEvacuation
	Drain
}

// WishDrainCancelled takes a drain back.
type WishDrainCancelled struct {
	OfEvacuation
	Message string `json:"message,omitempty"` // the person's words
}

// WishRemovalRequested gives a lost node up.
type WishRemovalRequested struct {
	OfEvacuation
	Message string `json:"message,omitempty"` // the person's words
}
