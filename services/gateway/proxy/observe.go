package proxy

// Outcome is how one attempt at an endpoint ended.
type Outcome string

// The outcomes. A client that went away is none.
const (
	OutcomeAnswered      Outcome = "answered"       // a complete header came; see the status
	OutcomeDial          Outcome = "dial"           // refused, timed out, no route, no TLS
	OutcomeReset         Outcome = "reset"          // the connection broke
	OutcomeHeaderTimeout Outcome = "header-timeout" // no answer in time
)

// Attempt is one try at one endpoint, as a breaker counts it.
type Attempt struct {
	App, Endpoint string
	Release       uint64
	Outcome       Outcome
	Status        int // of an answer, else 0
}

// Observer hears of every attempt and every answer, on the request's
// goroutine: it must be quick and safe for concurrent use.
type Observer interface {
	Attempted(Attempt)
	Answered(Record)
}

// silent hears nothing.
type silent struct{}

func (silent) Attempted(Attempt)            {}
func (silent) Answered(Record)              {}
func (silent) Closed(string, string)        {}
func (silent) Drained(string, string, Cut)  {}
func (silent) Quiesced(string, uint64, int) {}
func (silent) Judged(Judged)                {}
