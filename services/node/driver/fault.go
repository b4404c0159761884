package driver

import "errors"

// Errors a caller tells apart.
var (
	// ErrStopped: the id was stopped and never starts again.
	ErrStopped = errors.New("instance was stopped and never starts again")
	// ErrStale: the order names an older try than the one on record.
	ErrStale = errors.New("order is for another try than the one on record")
	// ErrRunning: the instance still runs.
	ErrRunning = errors.New("instance still runs")
	// ErrUnknown: this driver never started the id, or its remains were removed.
	ErrUnknown = errors.New("no such instance")
	// ErrAbsent: whoever holds the artifacts has none of that digest. A source of bytes wraps it; it is final.
	ErrAbsent = errors.New("artifact is absent")
)

// Reasons a decider recognises in Ended.Reason and Fault.Reason.
const (
	ReasonAddressInUse  = "address in use"
	ReasonDigestDiffers = "artifact digest differs"
	ReasonAbsent        = "artifact is absent"
	ReasonMemory        = "memory"
	ReasonPids          = "pids"
	ReasonLost          = "its keeper ended without a word"
	ReasonBooted        = "the machine started anew"
)

// Fault is a failed act: Reason is what the event says; Unmendable means that no retry can help.
type Fault struct {
	Reason     string
	Unmendable bool
	Err        error // the cause, if there is one beyond the reason
}

// Error is the reason, and the cause where it adds something.
func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Reason
	}
	return f.Reason + ": " + f.Err.Error()
}

// Unwrap is the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Final tells whether a retry is useless.
func (f *Fault) Final() bool { return f.Unmendable }

// IsFinal tells whether some error in err's chain calls itself final, or is one of ErrStopped, ErrStale and ErrAbsent.
func IsFinal(err error) bool {
	var f interface{ Final() bool }
	if errors.As(err, &f) {
		return f.Final()
	}
	return errors.Is(err, ErrStopped) || errors.Is(err, ErrStale) || errors.Is(err, ErrAbsent)
}
