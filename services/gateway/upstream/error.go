package upstream

import "fmt"

// Reach is how far a request came that brought no answer.
type Reach int

const (
	Unconnected Reach = iota // no connection came about
	Unsent                   // there was one, and nothing was written
	Unanswered               // written, in part at least, and nothing came back
	Broken                   // an answer's header began, and the connection ended
	Malformed                // what came back is no answer
)

var reaches = [...]string{"unconnected", "unsent", "unanswered", "broken", "malformed"}

// String is its name.
func (r Reach) String() string { return reaches[r] }

// Error is why a request brought no answer.
type Error struct {
	Reach Reach
	Err   error
}

// Error is error's.
func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Reach, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
