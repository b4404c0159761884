package driver

import "time"

// Running is an instance the driver runs.
type Running struct {
	ID       string
	Try      int
	PID      int // of the main process; 0 where that is not known
	Ports    map[string]int
	Since    time.Time
	Adopted  bool     // it ran already when Start was called
	Warnings []string // what was asked for and could not be had
}

// State is what a listing shows of an instance.
type State string

// The states of a listing.
const (
	StateRunning State = "running"
	StateExited  State = "exited"
	StateMissing State = "missing" // recorded as running, but gone without an exit record
)

// Found is one line of a listing.
type Found struct {
	ID      string
	Try     int
	State   State
	PID     int
	Ports   map[string]int
	Since   time.Time
	Stopped bool   // marked stopped: it may not start again, and has to go if it still runs
	Ended   *Ended // of an exited or missing one
}

// Ended is the end of one try.
type Ended struct {
	ID     string
	Try    int
	Code   int    // exit code; -1 when a signal ended it or nobody knows
	Signal string // "KILL", "SEGV", …; empty for an exit
	Oom    bool   // its memory limit ended it
	Reason string // one of the Reason constants, with numbers where there are any; empty for a plain exit
	Tail   []string
	At     time.Time
	Took   time.Duration // from its start
}

// Stop says how an instance is asked to end.
type Stop struct {
	Signal string        // TERM if empty
	Grace  time.Duration // zero: killed at once
}

// Stopped confirms an end.
type Stopped struct {
	Code   int
	Signal string // the signal that ended it, if one did
	Killed bool   // the grace passed and everything left was killed
	Absent bool   // there was nothing to stop
	Took   time.Duration
}

// Line is one line of a workload's output.
type Line struct {
	Instance string
	Stream   string    // "stdout" or "stderr"
	Time     time.Time // when it was read; workloads write to files of their own, which hold no times
	Text     string    // valid UTF-8, without its line break
	Cut      bool      // the line goes on in the next one of this stream
}
