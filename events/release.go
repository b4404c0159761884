package events

import (
	"strconv"
	"time"
)

// OfRelease names a release: its number in its app.
type OfRelease struct {
	App     string `json:"app"`     // name of the app
	Release int    `json:"release"` // number in the app, from 1
}

// About places what concerns one release: subject web/7.
func (o OfRelease) About() About {
	return About{App: o.App, Subject: Beside(o.App, strconv.Itoa(o.Release))}
}

// Number is the release's number in its app.
func (o OfRelease) Number() int { return o.Release }

// Strategies of a release.
const (
	Recreate  = "recreate"
	Rolling   = "rolling"
	BlueGreen = "blue-green"
	Canary    = "canary"
)

// Refusal is one reason why something is refused.
type Refusal struct {
	Code  string `json:"code"`            // the word an error code is looked up by: host-taken
	Field string `json:"field,omitempty"` // the field of the app file it concerns
	Text  string `json:"text"`            // why, and what would be accepted
}

// ReleasePlanned says how a release will be made: everything that makes an
// instance, and the way from what serves now.
type ReleasePlanned struct {
	OfRelease
	Declaration int    `json:"declaration"`       // the app.declared it comes from
	Revision    string `json:"revision"`          // digest of what makes an instance
	SpecHash    string `json:"specHash"`          // digest of spec; equals revision
	Spec        Spec   `json:"spec"`              // what the nodes run
	Strategy    string `json:"strategy"`          // recreate, rolling, blue-green, canary
	Order       string `json:"order,omitempty"`   // start-first or stop-first, as chosen
	From        int    `json:"from,omitempty"`    // the release that serves now; 0 for none
	Skipped     []int  `json:"skipped,omitempty"` // declarations that were overtaken while waiting
	How         string `json:"how,omitempty"`     // deploy, rollback, retry, restart
	Target      int    `json:"target"`            // instances wanted
	Drift       string `json:"drift,omitempty"`   // what nodes do where the world differs; absent: repair
}

// ReleasePreparing says that the release's hook runs.
type ReleasePreparing struct {
	OfRelease
	Hook string `json:"hook"` // instance id of the hook
}

// ReleaseStarted says that the first new instance may start.
type ReleaseStarted struct{ OfRelease }

// ReleaseStepStarted says that a step began.
type ReleaseStepStarted struct {
	OfRelease
	Step    int `json:"step"`    // from 1
	ShareBp int `json:"shareBp"` // wanted share of requests, basis points
}

// ReleaseStepCompleted says that a step is done.
type ReleaseStepCompleted struct {
	OfRelease
	Step       int   `json:"step"`                 // from 1
	ShareBp    int   `json:"shareBp"`              // wanted share, basis points
	MeasuredBp int   `json:"measuredBp,omitempty"` // measured share, basis points
	Requests   int64 `json:"requests,omitempty"`   // requests it was measured over
}

// ReleasePaused says that a release stands still until a person or a time.
type ReleasePaused struct {
	OfRelease
	Cause   string    `json:"cause"`             // step, approval, manual, inconclusive, no-data, failure, invalid
	Until   time.Time `json:"until,omitzero"`    // goes on by itself then; absent: a person
	By      string    `json:"by,omitempty"`      // who asked
	Message string    `json:"message,omitempty"` // the person's words
}

// ReleaseResumed says that a paused release goes on.
type ReleaseResumed struct {
	OfRelease
	By   string `json:"by,omitempty"`   // who asked; absent: time
	Full bool   `json:"full,omitempty"` // the remaining steps are skipped
}

// ReleasePromoted says that a release is the stable one.
type ReleasePromoted struct {
	OfRelease
	How       string `json:"how"`             // recreate, rolling, blue-green, canary, fast-rolled-back
	Available int    `json:"available"`       // instances available when deciding
	Target    int    `json:"target"`          // instances wanted
	Route     int    `json:"route,omitempty"` // settled route generation it rests on
}

// ReleaseDemoted says that a release no longer serves.
type ReleaseDemoted struct {
	OfRelease
	WarmUntil time.Time `json:"warmUntil,omitzero"` // kept running until then; absent: not kept
}

// ReleaseCooled says that a warm release's instances may go.
type ReleaseCooled struct{ OfRelease }

// ReleaseCompleted says that the release's way is over, with its figures.
type ReleaseCompleted struct {
	OfRelease
	TookMs    int64    `json:"tookMs"`              // from planned to now
	Requests  int64    `json:"requests"`            // of the app, while the release was made
	Failed    int64    `json:"failed"`              // of these, answered 5xx or cut
	Cut       int64    `json:"cut,omitempty"`       // requests and streams cut at a drain deadline
	GapMs     int64    `json:"gapMs,omitempty"`     // time without an available instance
	ShareBp   int      `json:"shareBp"`             // share of requests it serves, basis points
	Uncounted []string `json:"uncounted,omitempty"` // gateways that died with what they had not said
}

// ReleaseAborted says that a release is taken back.
type ReleaseAborted struct {
	OfRelease
	Cause   string `json:"cause"`             // operator, analysis, deadline, unhealthy, error, superseded
	By      string `json:"by,omitempty"`      // who asked
	Message string `json:"message,omitempty"` // the person's words
}

// ReleaseRolledBack ends a release: another one serves again.
type ReleaseRolledBack struct {
	OfRelease
	To             int   `json:"to"`             // the release that serves
	TookMs         int64 `json:"tookMs"`         // from the abort or the wish to now
	Requests       int64 `json:"requests"`       // of this release, so far
	RequestsFailed int64 `json:"requestsFailed"` // of these, failed

	WarmUntil time.Time `json:"warmUntil,omitzero"` // kept running until then, to roll forward again; absent: not kept
}

// ReleaseSuperseded ends a release: a newer declaration took its place.
type ReleaseSuperseded struct {
	OfRelease
	By int `json:"by"` // the declaration that stands; 0: the app is retired
}

// ReleaseStranded ends a release that failed with nothing different to return to.
type ReleaseStranded struct {
	OfRelease
	Cause   string `json:"cause"`   // why it could not be restored
	Serving string `json:"serving"` // the release that serves, or none
}

// ReleaseRefused says why a declaration makes no release.
type ReleaseRefused struct {
	OfRelease
	Reasons []Refusal `json:"reasons"` // all at once
}

// ReleaseUnchanged says that a declaration changes no instance.
type ReleaseUnchanged struct {
	OfRelease
	Declaration int    `json:"declaration"`     // the declaration that changed nothing, or only steering
	Drift       string `json:"drift,omitempty"` // what nodes do from now on where the world differs; absent: repair
}

// PromotionRefused says why a promotion was not granted.
type PromotionRefused struct{ OfRelease }

// RollbackRefused says why a rollback was not granted.
type RollbackRefused struct {
	OfRelease
	Cause string `json:"cause"`          // gone, none, busy
	Kept  []int  `json:"kept,omitempty"` // releases a rollback can reach
}

// HaltRefused says why a release was not paused.
type HaltRefused struct{ OfRelease }

// ResumeRefused says why a release was not resumed.
type ResumeRefused struct{ OfRelease }

// AbortRefused says why nothing was aborted.
type AbortRefused struct{ OfRelease }

// RetryRefused says why nothing was retried.
type RetryRefused struct{ OfRelease }

// WishPromotionRequested asks to finish the present step now.
type WishPromotionRequested struct {
	OfApp
	Full    bool   `json:"full,omitempty"`    // skip all steps and waiting, never capacity or readiness
	Message string `json:"message,omitempty"` // the person's words
}

// WishRollbackRequested asks to return to an earlier release.
type WishRollbackRequested struct {
	OfApp
	To      int    `json:"to,omitempty"`      // release number; absent: the previous completed one of another revision
	Message string `json:"message,omitempty"` // the person's words
}

// WishHaltRequested asks a release to stand still.
type WishHaltRequested struct {
	OfApp
	Message string `json:"message,omitempty"` // the person's words
}

// WishHaltLifted asks a paused release to go on.
type WishHaltLifted struct {
	OfApp
	Message string `json:"message,omitempty"` // the person's words
}

// WishAbortRequested asks to take the live release back.
type WishAbortRequested struct {
	OfApp
	Message string `json:"message,omitempty"` // the person's words
}

// WishRetryRequested asks for a new release of the last failed revision.
type WishRetryRequested struct {
	OfApp
	Message string `json:"message,omitempty"` // the person's words
}
