package events

const fullBp = 10_000 // basis points of the whole

// Orders of a replacement.
const (
	OrderStartFirst = "start-first"
	OrderStopFirst  = "stop-first"
)

// Ways of a blue-green promotion.
const (
	PromoteAuto   = "auto"
	PromoteManual = "manual"
	PromoteAfter  = "after"
)

// What follows a failed release.
const (
	OnFailureRollback = "rollback"
	OnFailurePause    = "pause"
)

// DeployPolicy says how a release replaces another.
type DeployPolicy struct {
	// Strategy is recreate, rolling, blue-green or canary.
	Strategy string `json:"strategy"`
	// Rolling is read by strategy rolling.
	Rolling RollingPolicy `json:"rolling"`
	// Steps are read by strategy canary; the last one, to all requests, is implied.
	Steps []DeployStep `json:"steps,omitempty"`
	// Sticky keeps a user on one side of a split; absent: none.
	Sticky *Sticky `json:"sticky,omitempty"`
	// BlueGreen is read by strategy blue-green.
	BlueGreen BlueGreenPolicy `json:"blueGreen"`
	// DeadlineMs without progress before a release fails.
	DeadlineMs int64 `json:"deadlineMs"`
	// RevertMs an abort may take.
	RevertMs int64 `json:"revertMs"`
	// OnFailure is rollback or pause.
	OnFailure string `json:"onFailure"`
	// Keep says what stays for a rollback.
	Keep KeepPolicy `json:"keep"`
	// Analysis judges a release on its way by what is measured of it; absent: none.
	Analysis *AnalysisPolicy `json:"analysis,omitempty"`
	// ShrinkStable lets the stable release get smaller as the canary grows.
	ShrinkStable bool `json:"shrinkStable,omitempty"`
	// BakeMs is how long a promoted release is judged before it is completed.
	BakeMs int64 `json:"bakeMs,omitempty"`
}

// DeployStep is one step of a canary.
type DeployStep struct {
	// WeightBp is the share of the requests the new release gets.
	WeightBp int `json:"weightBp"`
	// Replicas of the new release; zero: as many as its share of the target, rounded up.
	Replicas int `json:"replicas,omitempty"`
	// PauseMs is how long the step is looked at before the next one.
	PauseMs int64 `json:"pauseMs,omitempty"`
	// Approve says that a person must promote it to the next one.
	Approve bool `json:"approve,omitempty"`
	// Analysis are checks that must pass before the next step.
	Analysis []AnalysisCheck `json:"analysis,omitempty"`
	// Run is a command of the step, once; absent: none.
	Run *StepRun `json:"run,omitempty"`
}

// StepRun is a command run once in a step, with the new release's artifact and
// environment.
type StepRun struct {
	// Command and its arguments; no shell.
	Command []string `json:"command"`
	// Undo is run once if the release is taken back after the step; absent: nothing.
	Undo []string `json:"undo,omitempty"`
	// TimeoutMs of either.
	TimeoutMs int64 `json:"timeoutMs"`
}

// Instances are how many of a target of instances the step runs: never fewer than its
// share of the requests needs.
func (s DeployStep) Instances(target int) int {
	return min(max(s.Replicas, (target*s.WeightBp+fullBp-1)/fullBp), target)
}

// RollingPolicy bounds how many instances are more or fewer than wanted.
type RollingPolicy struct {
	// Surge is how many may exist beyond the target.
	Surge Portion `json:"surge"`
	// Unavailable is how many of the target may be missing.
	Unavailable Portion `json:"unavailable"`
	// Order is start-first or stop-first; absent: chosen by the deployer.
	Order string `json:"order,omitempty"`
}

// Portion is a count, or a share of a target; one of both is zero.
type Portion struct {
	// Count of instances.
	Count int `json:"count,omitempty"`
	// ShareBp is a share of the target in basis points.
	ShareBp int `json:"shareBp,omitempty"`
}

// Up is the portion of a target in instances, rounded up.
func (p Portion) Up(target int) int { return p.Count + (target*p.ShareBp+fullBp-1)/fullBp }

// Down is the portion of a target in instances, rounded down.
func (p Portion) Down(target int) int { return p.Count + target*p.ShareBp/fullBp }

// BlueGreenPolicy says how the second set of instances takes over.
type BlueGreenPolicy struct {
	// Promote is auto, manual or after.
	Promote string `json:"promote"`
	// PromoteAfterMs of the new set being available, with promote after.
	PromoteAfterMs int64 `json:"promoteAfterMs,omitempty"`
	// PreviewHost reaches the new set before it is promoted; absent: none.
	PreviewHost string `json:"previewHost,omitempty"`
	// PreviewReplicas started before the promotion; absent: the target.
	PreviewReplicas int `json:"previewReplicas,omitempty"`
}

// KeepPolicy says what of former releases is kept.
type KeepPolicy struct {
	// Warm is the number of demoted releases kept running.
	Warm int `json:"warm"`
	// WarmForMs is how long; zero lets them go at once.
	WarmForMs int64 `json:"warmForMs"`
	// Window is the number of releases a rollback reaches without steps.
	Window int `json:"window"`
	// History is the number of releases remembered.
	History int `json:"history"`
}

// Surge is how many instances may exist beyond a target.
func (d DeployPolicy) Surge(target int) int { return d.Rolling.Surge.Up(target) }

// Unavailable is how many of a target may be missing.
func (d DeployPolicy) Unavailable(target int) int { return d.Rolling.Unavailable.Down(target) }
