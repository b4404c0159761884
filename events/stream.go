package events

import "time"

// Names of the streams, and of the one object store.
const (
	StreamEvents    = "SLIPWAY_EVENTS"
	StreamWishes    = "SLIPWAY_WISHES"
	StreamExt       = "SLIPWAY_EXT"
	StreamLeases    = "SLIPWAY_LEASES"
	StreamTelemetry = "SLIPWAY_TELEMETRY"
	StreamLogs      = "SLIPWAY_LOGS"
	StreamAccess    = "SLIPWAY_ACCESS"
	StreamSnapshots = "SLIPWAY_SNAPSHOTS"
	StreamDead      = "SLIPWAY_DEAD"

	ObjectStore = "slipway-artifacts" // by digest, what is too large for the log
)

const (
	mib = 1 << 20
	gib = 1 << 30
	day = 24 * time.Hour

	// The server keeps each consumer in memory; only EVENTS has many readers.
	eventConsumers = 2048
	otherConsumers = 256
)

// Stream is one stream as it shall be: retention by limits alone, no rollup, message
// TTL or schedules, no sources. Zero sizes and ages are "no bound" but for MaxBytes.
type Stream struct {
	Name        string
	Description string
	Subjects    []string

	Memory   bool // kept in memory, not on disk
	Replicas int  // in a cluster; 1 elsewhere

	DiscardNew    bool          // full: refuse the new rather than forget the old
	MaxAge        time.Duration // forgotten after
	MaxBytes      int64         // size in every profile but dev, before config store.max scales it
	MaxBytesDev   int64         // size in profile dev
	MaxPerSubject int64         // messages kept of each subject; -1 all
	MaxMsgBytes   int32         // of one message with its headers
	MaxConsumers  int

	DenyDelete  bool          // no message can be deleted
	DenyPurge   bool          // nor all of them
	DedupWindow time.Duration // how long a Nats-Msg-Id is remembered

	AllowAtomic bool // all-or-nothing batches
	AllowBatch  bool // fast batches without a promise
	AllowDirect bool // any replica may answer a get
	AsyncWrites bool // with one replica written behind the acknowledgement
}

// Streams is the one place where the streams are declared.
var Streams = []Stream{
	{
		Name: StreamEvents, Subjects: []string{"slipway.event.>"}, Replicas: 3,
		Description: "facts: state transitions, said by Slipway's own parts only",
		DiscardNew:  true, MaxBytesDev: 2 * gib, MaxBytes: 32 * gib, MaxPerSubject: -1, MaxMsgBytes: MaxEventBytes,
		DenyDelete: true, DenyPurge: true, DedupWindow: DedupWindow,
		MaxConsumers: eventConsumers, AllowAtomic: true, AllowDirect: true,
	},
	{
		Name: StreamWishes, Subjects: []string{"slipway.wish.>"}, Replicas: 3,
		Description: "what people, CI and integrators ask for",
		MaxAge:      30 * day, MaxBytesDev: gib / 8, MaxBytes: gib, MaxPerSubject: 256, MaxMsgBytes: MaxEventBytes,
		DenyDelete: true, DenyPurge: true, DedupWindow: DedupWindow,
		MaxConsumers: otherConsumers, AllowDirect: true,
	},
	{
		Name: StreamExt, Subjects: []string{"slipway.ext.>"}, Replicas: 3,
		Description: "the users' own services' events",
		MaxAge:      7 * day, MaxBytesDev: gib / 4, MaxBytes: 4 * gib, MaxPerSubject: 10_000, MaxMsgBytes: 64 << 10,
		DenyDelete: true, DenyPurge: true, DedupWindow: 2 * time.Minute,
		MaxConsumers: otherConsumers, AllowDirect: true,
	},
	{
		Name: StreamLeases, Subjects: []string{"slipway.lease.>"}, Memory: true, Replicas: 3,
		Description: "I am alive",
		MaxAge:      time.Minute, MaxBytesDev: 64 * mib, MaxBytes: 64 * mib, MaxPerSubject: 1, MaxMsgBytes: 4 << 10,
		DenyPurge: true, DedupWindow: 30 * time.Second,
		MaxConsumers: otherConsumers, AllowDirect: true,
	},
	{
		Name: StreamTelemetry, Subjects: []string{"slipway.telemetry.>"}, Replicas: 3,
		Description: "samples in batches, load windows, rule evaluations",
		MaxAge:      6 * time.Hour, MaxBytesDev: gib / 2, MaxBytes: 4 * gib, MaxPerSubject: -1, MaxMsgBytes: 512 << 10,
		DedupWindow:  2 * time.Minute,
		MaxConsumers: otherConsumers, AllowDirect: true, AllowBatch: true, AsyncWrites: true,
	},
	{
		Name: StreamLogs, Subjects: []string{"slipway.log.>"}, Replicas: 1,
		Description: "output of workloads",
		MaxAge:      day, MaxBytesDev: gib / 2, MaxBytes: 4 * gib, MaxPerSubject: -1, MaxMsgBytes: 256 << 10,
		DedupWindow:  2 * time.Minute,
		MaxConsumers: otherConsumers, AllowDirect: true, AllowBatch: true, AsyncWrites: true,
	},
	{
		Name: StreamAccess, Subjects: []string{"slipway.access.>"}, Replicas: 3,
		Description: "the gateways' decisions, in batched records",
		MaxAge:      7 * day, MaxBytesDev: gib / 2, MaxBytes: 4 * gib, MaxPerSubject: -1, MaxMsgBytes: 512 << 10,
		DenyDelete: true, DenyPurge: true, DedupWindow: 2 * time.Minute,
		MaxConsumers: otherConsumers, AllowDirect: true, AllowBatch: true,
	},
	{
		Name: StreamSnapshots, Subjects: []string{"slipway.snapshot.>"}, Replicas: 3,
		Description: "services' folds with their positions; a cache",
		MaxBytesDev: gib, MaxBytes: 4 * gib, MaxPerSubject: 2, MaxMsgBytes: 1 << 20,
		DenyDelete: true, DenyPurge: true, DedupWindow: 30 * time.Second,
		MaxConsumers: otherConsumers, AllowDirect: true,
	},
	{
		Name: StreamDead, Subjects: []string{"slipway.dead.>"}, Replicas: 3,
		Description: "what nobody could read, with the reason",
		MaxAge:      90 * day, MaxBytesDev: gib / 4, MaxBytes: gib, MaxPerSubject: -1, MaxMsgBytes: MaxDeadBytes,
		DenyPurge: true, DedupWindow: 2 * time.Minute,
		MaxConsumers: otherConsumers, AllowDirect: true,
	},
}

// Sizes of the object store. It alone allows rollup and purge: the client library
// needs both. Full, it refuses the new.
const (
	ObjectStoreBytes    = 16 * gib
	ObjectStoreBytesDev = 2 * gib
)
