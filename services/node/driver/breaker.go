package driver

// Breaker is a driver whose instances can be made to fail as they do by themselves: what a drill needs. None of it is put
// down anywhere: the driver finds it out like any other failure.
type Breaker interface {
	// Kill ends the processes of a try as a crash does. ErrStale if another try is on record.
	Kill(id string, try int) error
	// Freeze keeps the processes of a try from running until Thaw. ErrStale as above.
	Freeze(id string, try int) error
	// Thaw lets an instance's processes run again; nothing happens to those that do.
	Thaw(id string) error
	// KillAll ends every instance with its keeper, as a power cut does.
	KillAll() error
}
