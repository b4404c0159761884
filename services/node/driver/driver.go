package driver

import "context"

// Driver runs instances. Every call is idempotent and keyed by the instance's id; calls for different ids may run at once,
// calls for one id wait for each other.
type Driver interface {
	// Name is the word of the app file: "process" or "docker".
	Name() string
	// Isolation says in an operator's words which limits are enforced here, which are watched, and which are neither.
	Isolation() string

	// Fetch returns when the content is present and verified. Errors that no retry can mend are final (see IsFinal).
	Fetch(ctx context.Context, a Artifact) error

	// Start runs try s.Try of an instance. An id that runs already is adopted, whatever its try. The same try is never
	// started twice: if it has ended meanwhile, what ran is returned and Watch tells the end. ErrStopped for an id that was
	// stopped, ErrStale for a try older than the one on record, a *Fault if it could not start.
	Start(ctx context.Context, s Spec) (Running, error)
	// Check runs a health check once; nil means it passed.
	Check(ctx context.Context, id string, c Check) error
	// Stop ends an instance for good: the id is durably marked stopped, then signalled, and killed with all its descendants
	// after the grace. Nil means confirmed: nothing of it runs and nothing ever will. Cut short by ctx it may be called
	// again; the grace goes on from the first call.
	Stop(ctx context.Context, id string, s Stop) (Stopped, error)
	// Halt ends one try as Stop does, but leaves the id free for the next try: a live check fell, or the node itself stops.
	// ErrStale if another try is on record.
	Halt(ctx context.Context, id string, try int, s Stop) (Stopped, error)
	// Remove deletes what is left of an ended instance: its folder or container, with its logs. ErrRunning while it runs.
	Remove(ctx context.Context, id string) error

	// List is a full listing of what this driver can prove it started, sorted by id.
	List(ctx context.Context) ([]Found, error)
	// Watch reports, until ctx ends, the end of every instance that Start returned or List showed running. An end that Stop
	// or Halt brought about may be heard here too.
	Watch(ctx context.Context, ended func(Ended)) error

	// Tail is the end of the output of an instance's last try: at most n lines and TailBytes bytes.
	Tail(id string, n int) []string
	// Follow hands over an instance's lines in batches, going on where an earlier Follow left off, also that of an earlier
	// agent. It returns nil once the instance has ended and its last line was handed over.
	Follow(ctx context.Context, id string, batch func([]Line)) error
}

// TailLines and TailBytes bound the tail that stands in an exit: enough to see the cause, small enough for a fact.
const (
	TailLines = 20
	TailBytes = 4 << 10
)

// LineBytes is the longest line handed over whole; a longer one comes in pieces, all but the last marked Cut.
const LineBytes = 16 << 10
