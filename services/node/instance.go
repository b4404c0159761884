package node

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Phase is where an instance stands between two of its facts.
type Phase string

// The phases, each named after the fact that begins it.
const (
	Placed      Phase = "placed"
	Fetching    Phase = "fetching"
	FetchFailed Phase = "fetch-failed"
	Fetched     Phase = "fetched"
	Starting    Phase = "starting"
	Started     Phase = "started"
	Ready       Phase = "ready"
	Unready     Phase = "unready"
	Exited      Phase = "exited"
	BackingOff  Phase = "backing-off"
	Stopping    Phase = "stopping"
)

// Causes of an exit that was not the workload's own, in InstanceExited.Cause and InstanceUnready.Ending.
const (
	causeStartup = "startup" // not ready in time
	causeLive    = "live"    // its live check fell
	causeTimeout = "timeout" // a hook took too long
	causePort    = "port"    // a port allotted to it was in use
	causeMissing = "missing" // it vanished, or somebody killed it
	causeFinal   = "final"   // it could not start and never will
)

const (
	driftMissing = "missing"
	driftExtra   = "extra"
)

// Instance is one placement of this node until it ends.
type Instance struct {
	App      string       `json:"app"`
	Release  int          `json:"release"`
	SpecHash string       `json:"specHash"`
	Role     string       `json:"role"`
	Hook     *events.Hook `json:"hook,omitempty"` // what it runs, if not its release's preDeploy
	Held     bool         `json:"held,omitempty"` // fetched, not started, until cleared

	Phase Phase     `json:"phase"`
	Since time.Time `json:"since"` // of the phase; of one found started, since it was adopted
	Until time.Time `json:"until"` // of a wait: for the next fetch or start

	Try       int            `json:"try,omitempty"`       // of the last start
	Boot      int            `json:"boot,omitempty"`      // incarnation that started or adopted it
	Ports     map[string]int `json:"ports,omitempty"`     // it may be using
	StartedAt time.Time      `json:"startedAt"`           // of the last try
	Routed    bool           `json:"routed,omitempty"`    // it was ready in some try: a gateway may have it in its table
	ReadyBoot int            `json:"readyBoot,omitempty"` // incarnation that last said ready of this try
	ReadyAt   time.Time      `json:"readyAt"`             // since when it is ready without a break
	Ending    string         `json:"ending,omitempty"`    // why it is being ended, to be started again
	Why       string         `json:"why,omitempty"`       // the same in words

	FetchFailures int         `json:"fetchFailures,omitempty"` // in a row
	Final         bool        `json:"final,omitempty"`         // the last one cannot be mended
	Failures      int         `json:"failures,omitempty"`      // counted exits in a row; 5 m ready end the row
	Failed        []time.Time `json:"failed,omitempty"`        // counted exits within the give-up window
	PortTries     int         `json:"portTries,omitempty"`     // starts in a row that found a port in use
	Exit          *Exit       `json:"exit,omitempty"`          // the last one, until the next start
	Drift         time.Time   `json:"drift"`                   // when it was found missing; zero: it is not
	Found         bool        `json:"found,omitempty"`         // the last exit was said to be drift
	Accepted      bool        `json:"accepted,omitempty"`      // which its app wants left alone

	Withdrawn *Withdrawal   `json:"withdrawn,omitempty"`
	Last      service.Cause `json:"last"`
}

// Exit is how the last try ended.
type Exit struct {
	At      time.Time `json:"at"`
	Code    int       `json:"code"`
	Clean   bool      `json:"clean,omitempty"`   // code 0, by itself
	Counted bool      `json:"counted,omitempty"` // as a failure
	Cause   string    `json:"cause,omitempty"`
	Why     string    `json:"why,omitempty"`
	Tail    []string  `json:"tail,omitempty"`
}

// Withdrawal is why and how an instance is to go.
type Withdrawal struct {
	Why     string    `json:"why"`
	StopBy  time.Time `json:"stopBy"` // stopped then even if nobody said drained
	Drained bool      `json:"drained,omitempty"`
	Cut     int       `json:"cut,omitempty"`
}

const (
	healthyFor   = 5 * time.Minute  // ready for so long, its earlier failures are forgotten
	drainSlack   = 30 * time.Second // over the drain time: covers a lease and its fence
	portTriesMax = 10               // starts that found a port in use are no failures up to here; a broken node must not spin
)

func placed(d events.PlacementPlaced, e events.Event) *Instance {
	return &Instance{
		App: d.App, Release: d.Release, SpecHash: d.SpecHash, Role: d.Role, Hook: d.Hook, Held: d.Hold,
		Phase: Placed, Since: e.Time, Last: service.CauseOf(e),
	}
}

// runs tells whether something of it may be running that nobody has seen ending.
func (i *Instance) runs() bool {
	switch i.Phase {
	case Starting, Started, Ready, Unready:
		return true
	}
	return false
}

// up tells whether it was said to run.
func (i *Instance) up() bool { return i.runs() && i.Phase != Starting }

func (i *Instance) enter(p Phase, e events.Event) { i.Phase, i.Since = p, e.Time }
