package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway.dev/events"
)

// Message is one stored message of a stream, as read.
type Message struct {
	Subject string
	Pos     events.Position
	Stored  time.Time           // the stream's time
	Header  map[string][]string // as on the wire
	Body    []byte
	Pending uint64 // messages of the stream behind this one that match the reader's filters
	Once    *Once  // of a message that several participants are handed; nil: of one
}

// Result tells what an append stored.
type Result struct {
	First, Last events.Position // of the events asked for, stored now or before
	Stored      int             // events stored by this call
	Already     bool            // all had been stored before
}

// Log is the write and read path of SLIPWAY_EVENTS. pkg/bus gives it on NATS,
// pkg/sim in memory; one contract suite holds for both.
type Log interface {
	// Append says the events of one decision under one guard. expected is the
	// sequence of the last event under the guard that the writer has folded, 0 for
	// none. Errors: ErrConflict, ErrUnclear, ErrFull, ErrBusy, ErrDenied,
	// ErrRejected, ErrUnavailable.
	Append(ctx context.Context, guard string, expected uint64, es []events.Event) (Result, error)
	// Read delivers what is stored after a position and matches a filter, in order,
	// and goes on for ever; it resumes by itself after an outage. caughtUp is called
	// once, when everything stored at the start has been delivered; gap after each
	// interruption. It returns ctx's error or deliver's.
	Read(ctx context.Context, after events.Position, filters []string, r Reader) error
}

// Reader receives what Log.Read delivers, from one goroutine.
type Reader struct {
	Deliver  func(Message) error
	CaughtUp func()
	Gap      func()
}

// ErrConflict says that somebody else has said something under the guard: a twin,
// most often. Seen is the sequence of the guard's tail as read from the leader.
type ErrConflict struct {
	Guard string
	Seen  uint64
}

func (e *ErrConflict) Error() string {
	return fmt.Sprintf("append under %s: somebody was first, read on to %d", e.Guard, e.Seen)
}

// The outcomes of an append beside success and conflict.
var (
	ErrUnclear     = errors.New("append: outcome unclear, nothing more will be sent")
	ErrFull        = errors.New("append: the log is full")
	ErrBusy        = errors.New("append: no free slot in time")
	ErrDenied      = errors.New("append: not permitted")
	ErrUnavailable = errors.New("append: the bus is away")
	ErrNewerLog    = errors.New("the log's level is newer than this binary")
	ErrLogReplaced = errors.New("the log is not the one this state was made from")
)

// ErrRejected is a bug of the writer: nothing was sent, or the server refused it
// for a reason no retry mends.
type ErrRejected struct {
	Code int // the server's error code; 0: refused before sending
	Why  string
}

func (e *ErrRejected) Error() string { return fmt.Sprintf("append rejected (%d): %s", e.Code, e.Why) }
