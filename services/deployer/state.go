package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// App is one app as the log tells it.
type App struct {
	Name      string              `json:"name"`
	Inbox     service.Inbox       `json:"inbox"`
	Accepted  *Declaration        `json:"accepted,omitempty"` // what steers
	Pending   *Declaration        `json:"pending,omitempty"`  // declared, not yet planned
	Skipped   []int               `json:"skipped,omitempty"`  // declarations overtaken while waiting
	Declared  int                 `json:"declared"`           // number of the last declaration
	Retired   bool                `json:"retired,omitempty"`
	RetiredAt time.Time           `json:"retiredAt,omitzero"`
	Releases  map[int]*Release    `json:"releases"`
	Last      int                 `json:"last"`   // last release number used
	Stable    int                 `json:"stable"` // the release that serves; 0: none
	Live      int                 `json:"live"`   // the release on its way or returning; 0: none
	Route     Route               `json:"route"`
	Pool      map[string]int      `json:"pool"` // generation of the pool that first lists an endpoint
	Instances map[string]*Inst    `json:"instances"`
	Counts    map[int]*Count      `json:"counts"`  // requests by release, as the gateways counted
	Volumes   inventory.Homes     `json:"volumes"` // volume -> the node it lives on
	Cut       int64               `json:"cut"`
	GapMs     int64               `json:"gapMs"`           // time without a ready instance, in all
	GapSince  time.Time           `json:"gapSince"`        // since when none is; zero: some is
	Said      map[string]Position `json:"said"`            // last position of the app and release facts
	Cause     service.Cause       `json:"cause"`           // of the last thing asked for
	Ended     *Failure            `json:"ended,omitempty"` // how the last instance failed

	room  service.Soft[Room]
	loads service.Soft[loads]
}

// Position is where an entity was last spoken of, for plan ids.
type Position = events.Position

// Declaration is an app file as it was declared.
type Declaration struct {
	Number   int             `json:"number"`
	Document events.Document `json:"document"`
	Hash     string          `json:"hash"`
	Plan     string          `json:"plan,omitempty"`
	Force    bool            `json:"force,omitempty"`
	At       time.Time       `json:"at,omitzero"`
	Cause    service.Cause   `json:"cause"`
	By       string          `json:"by"` // who declared it
}

// Phases of a release.
const (
	planned    = "planned"
	preparing  = "preparing"
	progress   = "progressing"
	paused     = "paused"
	promoted   = "promoted"
	completed  = "completed"
	warm       = "warm"
	cold       = "cold"
	returning  = "returning"
	rolledBack = "rolled-back"
	superseded = "superseded"
	stranded   = "stranded"
	refused    = "refused"
)

// Release is one release of an app.
type Release struct {
	Number      int              `json:"number"`
	Declaration int              `json:"declaration"`
	Revision    string           `json:"revision"`
	Spec        events.Spec      `json:"spec"`
	Strategy    string           `json:"strategy"`
	Order       string           `json:"order,omitempty"`
	How         string           `json:"how,omitempty"`
	From        int              `json:"from"`
	Target      int              `json:"target"`
	Phase       string           `json:"phase"`
	Before      string           `json:"before,omitempty"` // phase before a pause
	Pause       string           `json:"pause,omitempty"`  // cause of the pause
	Until       time.Time        `json:"until,omitzero"`   // end of a timed pause
	PausedAt    time.Time        `json:"pausedAt,omitzero"`
	Approved    bool             `json:"approved,omitempty"` // the gate before a promotion is open
	Steps       int              `json:"steps,omitempty"`    // of a canary, when it was planned
	Step        int              `json:"step,omitempty"`     // begun last, from 1
	StepDone    int              `json:"stepDone,omitempty"` // completed last
	Gated       int              `json:"gated,omitempty"`    // the step whose pause or approval was begun last
	Full        bool             `json:"full,omitempty"`     // the remaining steps are skipped
	Reached     bool             `json:"reached,omitempty"`  // it was promoted once
	Aborted     string           `json:"aborted,omitempty"`  // cause of the abort
	AbortWhy    string           `json:"abortWhy,omitempty"` // reason of the abort
	Planned     time.Time        `json:"planned"`
	Progressed  time.Time        `json:"progressed"` // last progress: the deadline counts from here
	AbortedAt   time.Time        `json:"abortedAt,omitzero"`
	Ended       time.Time        `json:"ended,omitzero"`
	Took        int64            `json:"took,omitempty"` // ms from planned to completed
	WarmUntil   time.Time        `json:"warmUntil,omitzero"`
	Base        Count            `json:"base"` // counted before it was planned
	BaseCut     int64            `json:"baseCut,omitempty"`
	BaseGap     int64            `json:"baseGap,omitempty"`
	Requests    int64            `json:"requests"`
	Failed      int64            `json:"failed"`
	Replicas    map[int]*Replica `json:"replicas"` // by ordinal
	HookTries   int              `json:"hookTries,omitempty"`
	HookDone    bool             `json:"hookDone,omitempty"`
	RunDone     int              `json:"runDone,omitempty"`    // last step whose command has completed
	Undone      int              `json:"undone,omitempty"`     // lowest step whose command was taken back; 0: none yet
	UndoFailed  string           `json:"undoFailed,omitempty"` // how the last undo that failed did
	Failure     *Failure         `json:"failure,omitempty"`    // the last failed instance
	Fatal       string           `json:"fatal,omitempty"`      // an error no retry can mend
	Why         string           `json:"why,omitempty"`        // reason of its last fact
	Actor       string           `json:"actor,omitempty"`      // who asked for it
	Correlation string           `json:"correlation,omitempty"`
	Cause       service.Cause    `json:"cause"` // its last fact

	StepAt     time.Time            `json:"stepAt,omitzero"` // when the step was begun
	PromotedAt time.Time            `json:"promotedAt,omitzero"`
	Analyses   map[string]*Analysis `json:"analyses,omitempty"` // by run: background, step-2
}

// Replica counts the attempts at one ordinal of a release.
type Replica struct {
	Attempt  int       `json:"attempt"`  // letters used
	Failures int       `json:"failures"` // instances that failed
	FailedAt time.Time `json:"failedAt,omitzero"`
	Lost     bool      `json:"lost,omitempty"` // its instance ended though it was wanted
}

// Failure is how an instance ended.
type Failure struct {
	Instance string   `json:"instance"`
	Code     int      `json:"code"`
	Reason   string   `json:"reason"`
	Tail     []string `json:"tail,omitempty"`
}

// Count is requests and what failed of them.
type Count struct {
	Requests int64 `json:"requests"`
	Failed   int64 `json:"failed"`
}

// Route is an app's way in.
type Route struct {
	Generation int           `json:"generation"` // 0: none yet
	Settled    int           `json:"settled"`    // highest generation every live gateway applied
	Pool       int           `json:"pool"`       // highest pool generation they applied
	Said       events.Route  `json:"said"`
	Removed    bool          `json:"removed,omitempty"`
	Held       bool          `json:"held,omitempty"`
	At         time.Time     `json:"at"`    // of the last shift
	Cause      service.Cause `json:"cause"` // of the last shift

	SettledAt time.Time `json:"settledAt,omitzero"` // when the newest generation had settled

	Shut map[string]Shut `json:"shut,omitempty"` // by gateway, that does not serve it as it is said
}

// Shut is why a gateway refuses a route, or has not opened its ports.
type Shut struct {
	Why   string        `json:"why"`
	Cause service.Cause `json:"cause"`
}

// Inst is an instance that has not ended.
type Inst struct {
	ID        string        `json:"id"`
	Release   int           `json:"release"`
	Ordinal   int           `json:"ordinal"`
	Role      string        `json:"role"`
	Node      string        `json:"node,omitempty"`
	State     string        `json:"state"` // as instance facts call it; requested, blocked, placed before
	Lacks     string        `json:"lacks,omitempty"`
	Held      bool          `json:"held,omitempty"`
	Fetched   bool          `json:"fetched,omitempty"`
	Boot      int           `json:"boot,omitempty"` // of its ready
	ReadyAt   time.Time     `json:"readyAt,omitzero"`
	StartedAt time.Time     `json:"startedAt,omitzero"`
	Since     time.Time     `json:"since"`
	Try       int           `json:"try,omitempty"`
	Driver    string        `json:"driver,omitempty"`
	Pid       int           `json:"pid,omitempty"`
	Container string        `json:"container,omitempty"`
	Address   string        `json:"address,omitempty"`
	Why       string        `json:"why,omitempty"`
	Exited    bool          `json:"exited,omitempty"`  // it has ended at least once
	Crashed   bool          `json:"crashed,omitempty"` // at least once by its own doing
	Fell      time.Time     `json:"fell,omitzero"`     // when it ceased to be ready; of a crash loop the first time
	Code      int           `json:"code,omitempty"`    // with which it ended last
	Withdrawn bool          `json:"withdrawn,omitempty"`
	Told      bool          `json:"told,omitempty"`     // its node was named in the withdrawal
	Leaves    string        `json:"leaves,omitempty"`   // cause of the withdrawal; spare where it stood by and never counted
	PerNode   bool          `json:"perNode,omitempty"`  // it is the one of its app on its node
	Step      int           `json:"step,omitempty"`     // of a canary, whose hook it is
	Undo      bool          `json:"undo,omitempty"`     // it takes back what the step's hook did
	Replaces  string        `json:"replaces,omitempty"` // instance of the same replica that it serves in place of
	Drained   bool          `json:"drained,omitempty"`  // no gateway has anything open to it
	StopBy    time.Time     `json:"stopBy,omitzero"`
	Cause     service.Cause `json:"cause"` // its last fact
}

// Fleet is what every app needs to know.
type Fleet struct {
	Nodes    inventory.Nodes   `json:"nodes"`
	Gateways map[string]bool   `json:"gateways"`         // live ones
	Secure   map[string]bool   `json:"secure,omitempty"` // those with a TLS listener that have not left
	Hosts    map[string]string `json:"hosts"`            // host and path -> the app that owns it
	Mesh     Mesh              `json:"mesh"`
}

// NewApp is an app nobody has spoken of.
func NewApp(name string) *App {
	return &App{
		Name: name, Releases: map[int]*Release{}, Instances: map[string]*Inst{},
		Pool: map[string]int{}, Counts: map[int]*Count{}, Volumes: inventory.Homes{}, Said: map[string]Position{},
	}
}
