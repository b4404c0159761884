package provisioner

import (
	"slipway.dev/events"
)

// What the hands sense.
type (
	// Streams are all streams there are.
	Streams struct{ All []Listed }
	// Listed is a stream on the server.
	Listed struct {
		Name  string
		Shape events.StreamShape
	}
	// Drifts tell how streams are not as declared, as the last comparison found; a
	// stream that is as declared is not in it.
	Drifts struct{ Of map[string][]string }

	// Durables are all consumers that carry our mark.
	Durables struct{ All []Durable }
	// Stands is one of them, as it stands now.
	Stands struct{ Durable }
	// Absent tells that an act has found no consumer of that name.
	Absent struct{ Name, Act string }
	// Failed tells why an act cannot be done, however often it is tried.
	Failed struct{ Act, Cause, Why string }
)

// Durable is a consumer of an integrator on the server.
type Durable struct {
	Name    string
	Filters []string
	Wish    string // position of the wish it was made for
	From    string // era:seq of the first event it may be given
}

// touches: whatever is sensed concerns the one key.
func touches(data any) bool {
	switch data.(type) {
	case Streams, Drifts, Durables, Stands, Absent, Failed:
		return true
	}
	return false
}
