package events

import (
	"strconv"
	"time"
)

// ClusterFounded is sequence 1 of the log of every cluster.
type ClusterFounded struct {
	Cluster string `json:"cluster"` // id of the cluster, made once
	Level   int    `json:"level"`   // event level of the founding binary
	Profile string `json:"profile"` // dev, single, cluster
}

// About places what concerns the cluster.
func (ClusterFounded) About() About { return About{Subject: "cluster"} }

// LevelRaised says that every live copy reads a newer level.
type LevelRaised struct {
	Level int `json:"level"` // the newest event level that may be written from now on
}

// About places a level: subject 2.
func (l LevelRaised) About() About { return About{Subject: strconv.Itoa(l.Level)} }

// OfStream names a stream.
type OfStream struct {
	Stream string `json:"stream"` // SLIPWAY_EVENTS …
}

// About places what concerns a stream.
func (o OfStream) About() About { return About{Place: o.Stream, Subject: Beside(o.Stream)} }

// StreamShape is what of a stream may differ from one cluster to the next.
type StreamShape struct {
	CreatedAt time.Time `json:"createdAt,omitzero"` // by the server; one kept in memory is made anew with it
	MaxBytes  int64     `json:"maxBytes,omitempty"` // size at which it is full
	Replicas  int       `json:"replicas,omitempty"` // servers that keep it
	Subjects  []string  `json:"subjects,omitempty"` // what it keeps
}

// StreamCreated says that a stream was made as declared.
type StreamCreated struct {
	OfStream
	StreamShape
}

// StreamChanged says that a stream was changed within what is allowed.
type StreamChanged struct {
	OfStream
	StreamShape
	Changes []string `json:"changes"` // "maxBytes 2147483648 -> 4294967296"
}

// StreamRefused says that a stream is not as declared and was left alone.
type StreamRefused struct {
	OfStream
	Differences []string `json:"differences"` // field by field: "maxMsgBytes 393216, want 1048576"
}
