package events

import "time"

// The one place of the bus's numbers. A test holds their inequalities.
const (
	MaxNameBytes    = 80        // a raw name; 240 escaped, so that seven tokens fit a subject
	MaxSubjectBytes = 512       // a subject; the server indexes every one in memory
	MaxReasonBytes  = 512       // a reason is a sentence
	MaxExtBytes     = 256       // any other extension
	MaxIDBytes      = 128       // an id chosen by a sender
	MaxBodyBytes    = 320 << 10 // one event; pool.changed of 1,000 endpoints fits
	MaxEventBytes   = 384 << 10 // one message with its headers: MaxMsgSize of EVENTS
	MaxDeadBytes    = 448 << 10 // a dead letter: the message and the reason's headers
	MaxPayloadBytes = 1 << 20   // the server's MaxPayload
	MaxDepth        = 32        // JSON nesting; deeper is an attack or a mistake
	MaxAppendEvents = 400       // events of one decision; the rest is decided again
	MaxAppendBytes  = 1 << 20   // bytes of one decision
	MaxChain        = 8         // events said as guarded singles; more go as one atomic batch
	MaxInFlight     = 8         // appends of one process at a time
	MaxOpenWishes   = 100       // open wishes of one key; beyond: refused busy
	MaxEndpoints    = 1000      // endpoints of one app, so that pool.changed fits a body
	MaxActs         = 64        // acts running at once in one process

	SayAge        = time.Second            // a Say whose outcome is unclear this long is dropped, decided again
	MaxBehind     = 500 * time.Millisecond // further behind the log nothing is decided
	DecideDelay   = 20 * time.Millisecond  // longest wait of a touched key under steady traffic
	WishAge       = 24 * time.Hour         // an older unanswered wish is refused as expired
	DedupWindow   = 10 * time.Minute       // duplicates known by Nats-Msg-Id
	SnapshotEvery = 10_000                 // heard events between two snapshots
)

// Lease times on one server (an election cannot happen) and in a cluster (one takes
// 4–9 s). LostAfter and Fence count from the lapse.
const (
	LeaseEvery        = time.Second
	LeaseTTL          = 3 * time.Second
	LeaseEveryCluster = 2 * time.Second
	LeaseTTLCluster   = 12 * time.Second
	LostAfter         = 10 * time.Second
	Fence             = 10 * time.Second
)
