package cli

import (
	"fmt"
	"io"
	"time"

	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/recovery"
	"slipway.dev/services/slipway/view"
)

// drillResult is what a drill came to.
type drillResult struct {
	Drill       string        `json:"drill"`
	Target      string        `json:"target"`
	InjectedAt  view.Time     `json:"injectedAt"`
	DetectedMs  *int64        `json:"detectedMs,omitempty"`  // until the first step
	RecoveredMs *int64        `json:"recoveredMs,omitempty"` // until the last, counted as its bound is
	BoundMs     int64         `json:"boundMs"`               // of the last step
	Holds       bool          `json:"holds"`
	Requests    drillRequests `json:"requests"` // while it lasted, as the gateways counted
	Steps       []drillStep   `json:"steps"`
	Exposed     *exposure     `json:"exposed,omitempty"` // of a bad release
	Failed      string        `json:"failed,omitempty"`  // why it will never come to its end
}

// exposure is what a bad release got of its app's requests, as the log counts them.
type exposure struct {
	Requests   int64   `json:"requests"`
	Share      float64 `json:"share"`
	BoundShare float64 `json:"boundShare"` // the most that its steps gave it
}

// holds tells whether it got no more than its share.
func (e exposure) holds() bool { return e.Share <= e.BoundShare }

// drillRequests are requests and those of them that failed.
type drillRequests struct {
	Total  int64 `json:"total"`
	Failed int64 `json:"failed"`
}

// drillStep is one thing that had to come to pass.
type drillStep struct {
	What    string `json:"what"`
	Since   string `json:"since"`             // injection, or the step it is counted from
	TookMs  *int64 `json:"tookMs,omitempty"`  // absent: it did not come
	BoundMs *int64 `json:"boundMs,omitempty"` // absent: none is promised
	Holds   bool   `json:"holds"`
	May     bool   `json:"may,omitempty"` // it need not come: the promise is kept without it too
}

// Name is what -o name writes.
func (r drillResult) Name() string { return r.Target }

func resultOf(x *drill, w *recovery.Watch) drillResult {
	r := drillResult{Drill: x.kind, Target: x.target, InjectedAt: view.Time{Time: w.Injected}, Holds: w.AllHold(), Failed: w.Failed}
	for _, s := range w.Steps {
		step := drillStep{What: s.What, Since: "injection", Holds: w.Holds(s), May: s.Loose}
		if s.After != recovery.Injection {
			step.Since = w.Steps[s.After].What
		}
		if took, came := w.Took(s); came {
			step.TookMs = whole64(took)
		}
		if s.Bound > 0 {
			step.BoundMs = whole64(s.Bound)
		}
		r.Steps = append(r.Steps, step)
	}
	last := len(r.Steps) - 1
	r.RecoveredMs, r.BoundMs = r.Steps[last].TookMs, w.Steps[last].Bound.Milliseconds()
	if last > 0 {
		r.DetectedMs = r.Steps[0].TookMs
	}
	return r
}

func whole64(d time.Duration) *int64 { ms := d.Milliseconds(); return &ms }

func (r drillResult) table(w io.Writer, width int) error {
	t := output.NewTable("STEP", "TOOK", "BOUND", "HOLDS", "COUNTED FROM")
	for _, s := range r.Steps {
		t.Row(s.What, span(s.TookMs, s.absent()), span(s.BoundMs, "-"), yesNo(s.Holds), s.Since)
	}
	if err := t.Write(w, width); err != nil {
		return err
	}
	if e := r.Exposed; e != nil {
		if _, err := fmt.Fprintf(w, "exposed: %d requests, %s of all, at most %s by its steps\n", e.Requests, output.Percent(e.Share), output.Percent(e.BoundShare)); err != nil {
			return err
		}
	}
	verdict := "recovered"
	switch {
	case r.Failed != "":
		verdict = "not recovered, " + r.Failed
	case r.RecoveredMs == nil:
		verdict = "not recovered"
	case r.Exposed != nil && !r.Exposed.holds():
		verdict = "recovered, and got more than its share"
	case !r.Holds:
		verdict = "recovered, later than promised"
	}
	_, err := fmt.Fprintf(w, "%s %s: %s; %d of %d requests failed\n", r.Drill, r.Target, verdict, r.Requests.Failed, r.Requests.Total)
	return err
}

// absent tells that a step did not come; one that need not have is no failure.
func (s drillStep) absent() string {
	if s.May {
		return "not needed"
	}
	return "never"
}

func span(ms *int64, none string) string {
	if ms == nil {
		return none
	}
	return output.Took(time.Duration(*ms) * time.Millisecond)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
