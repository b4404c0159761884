package driver

import "time"

// UseEvery is how often what an instance uses is looked at and told.
const UseEvery = 5 * time.Second

// Use is what an instance was seen to use.
type Use struct {
	Try         int
	CPU         time.Duration // processor time of all its processes and all its tries, ended ones too; it never falls
	MemoryBytes int64         // resident, of its processes together
	At          time.Time     // when it was looked at
}

// Meter is a driver that knows what its instances use.
type Meter interface {
	// Use is what was seen last of an instance, however long ago that is. ErrUnknown: nothing was.
	Use(id string) (Use, error)
}
