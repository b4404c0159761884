package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/progress"
	"slipway.dev/services/slipway/view"
)

// result is what a journey came to: the document's item, and the fault if the
// intention is not true now.
func (s *session) result(ctx context.Context, j *view.Journey, action string, ended error) (view.Deployment, error) {
	d := s.log.Deployment(j.App, action, j.Release, s.Now())
	if j.Outcome != "" {
		d.Outcome = j.Outcome
	}
	if j.Answer != nil && j.Answer.ID != "" {
		d.Event, d.Correlation, d.Actor = orElse(d.Event, j.Answer.ID), j.Answer.Correlation, j.Answer.Actor
	}
	if j.ID != "" {
		d.Correlation, d.Actor = j.ID, s.actor()
	}
	if d.StartedAt.IsZero() {
		d.StartedAt = view.Time{Time: s.Now()}
	}
	if ended != nil {
		return d, s.unfinished(ctx, j, ended)
	}
	return d, s.judge(j, d)
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func orDash(s string) string { return orElse(s, "-") }

// unfinished tells why nobody watches any more.
func (s *session) unfinished(ctx context.Context, j *view.Journey, ended error) error {
	what := j.App
	if j.Release != 0 {
		what = "release " + view.ReleaseName(j.App, j.Release)
	}
	on, letters := "goes on", s.log.Standing(j.App)
	switch {
	case len(letters) > 0:
		on = "waits for " + letters[0].Words()
	case j.Answer == nil:
		on = "was wished and waits for a deployer"
	}
	resume := "slipway status " + j.App + " --wait"
	switch {
	case errors.Is(ended, errTimeout), errors.Is(context.Cause(ctx), errTimeout):
		return fault.New("SLW-D015", "the time is over; %s %s", what, on).Serving("%s", s.servingWords(j.App)).
			Try(nextSteps(j.App, s.log.Way(j.App, j.Release, s.Now()))...).Try(resume)
	case errors.Is(ended, context.Canceled):
		f := fault.New("SLW-D016", "detached; %s %s", what, on).Try(resume)
		if j.Release != 0 {
			f.Try("slipway abort " + j.App)
		}
		return f
	}
	return s.away(ctx, ended)
}

// judge tells whether the intention of a deploy is true now.
func (s *session) judge(j *view.Journey, d view.Deployment) error {
	switch j.Outcome {
	case "refused":
		return s.refused(j, d.Action)
	case "superseded":
		f := fault.New("SLW-D014", "%s was superseded", releaseWords(d))
		if j.By != 0 {
			f.Because(fmt.Sprintf("declaration %d of %s stands", j.By, j.App))
		}
		return f.Serving("%s", s.servingWords(j.App)).Try("slipway status " + j.App)
	case "rolled-back":
		return s.failed("SLW-D012", "was rolled back", d)
	case "aborted":
		return s.failed("SLW-D013", "was aborted and rolled back", d)
	case "failed":
		return s.stranded(d)
	}
	return nil
}

func (s *session) stranded(d view.Deployment) error {
	if r := s.log.Record(d.App, d.Release); d.Previous == 0 && (r == nil || r.Serving == "none") {
		return s.failed("SLW-D011", "failed, and there is nothing to return to", d)
	}
	return s.failed("SLW-D010", "failed and could not be taken back", d)
}

// refused is an owner's no, with all its reasons.
func (s *session) refused(j *view.Journey, action string) error {
	var reasons []fault.Refusal
	for _, r := range j.Reasons {
		reasons = append(reasons, fault.Refusal{Word: r.Code, Text: r.Text})
	}
	f := fault.Refused(action+" of "+j.App, reasons).Serving("%s", s.servingWords(j.App))
	if j.Answer != nil {
		f.Rests(j.Answer.ID, j.Answer.Pos.Seq)
	}
	if d, ok := j.Answer.Data.(events.RollbackRefused); ok && len(d.Kept) > 0 {
		f.Because(fmt.Sprintf("kept are %s", strings.Trim(fmt.Sprint(d.Kept), "[]")))
	}
	return f.Try("slipway status " + j.App)
}

// failed tells of a release that failed: why, what serves, and its last words.
func (s *session) failed(code, what string, d view.Deployment) error {
	f := fault.New(code, "%s of %s %s", d.Strategy, releaseWords(d), what)
	r := s.log.Record(d.App, d.Release)
	if r == nil {
		return f
	}
	f.Because(r.Decided.Reason)
	if d, ok := r.Decided.Data.(events.ReleaseAborted); ok && d.Message != "" && d.Message != r.Decided.Reason {
		f.Because(d.Message)
	}
	if fail := s.log.Current(d.App, d.Release).Failure; fail != nil {
		f.Because(exitWords(fail))
		f.Output(fmt.Sprintf("slipway logs %s --release %d", d.App, d.Release), lines(fail)...)
	}
	return f.Serving("%s", s.stateWords(d)).Rests(r.Decided.ID, r.Decided.Pos.Seq).
		Try("slipway why " + view.ReleaseName(d.App, d.Release))
}

func exitWords(f *deployer.Failure) string {
	if f.Code < 0 { // no exit code: a signal, or it never ran; the node's words tell
		return f.Instance + " " + f.Reason
	}
	return fmt.Sprintf("%s ended with exit code %d", f.Instance, f.Code)
}

func lines(f *deployer.Failure) (l []string) {
	for _, line := range f.Tail {
		l = append(l, f.Instance+"  "+line)
	}
	return l
}

func releaseWords(d view.Deployment) string {
	if d.Release == 0 {
		return d.App
	}
	version := ""
	if d.Version != "" {
		version = ", " + d.Version
	}
	return fmt.Sprintf("%s (release %d%s)", d.App, d.Release, version)
}

// stateWords is what serves now and what the failed release had cost.
func (s *session) stateWords(d view.Deployment) string {
	words := []string{s.servingWords(d.App)}
	if d.Requests.Total > 0 {
		words = append(words, output.Percent(d.Requests.ExposedShare)+" of requests were exposed")
	}
	if r := s.log.Record(d.App, d.Release); r != nil && r.Restored != 0 {
		words = append(words, "recovered in "+output.Took(time.Duration(r.TookMs)*time.Millisecond))
	}
	return strings.Join(words, "; ")
}

// servingWords is what of an app serves now.
func (s *session) servingWords(app string) string {
	var words []string
	for _, x := range s.log.Serving(app, s.Now()) {
		words = append(words, fmt.Sprintf("release %d (%s) serves %s", x.Release, x.Version, output.Percent(x.Share)))
	}
	if len(words) == 0 {
		return "nothing of " + app + " serves"
	}
	return strings.Join(words, ", ")
}

// promoted is the one line of a deploy that succeeded.
func promoted(d view.Deployment) string {
	switch d.Outcome {
	case "unchanged":
		return fmt.Sprintf("%s: up to date (release %d)", d.App, d.Release)
	case "retired":
		return d.App + " is retired"
	case "promoted":
		words := fmt.Sprintf("%s release %d promoted", d.App, d.Release)
		if d.TookMs != nil {
			words += " in " + output.Took(time.Duration(*d.TookMs)*time.Millisecond)
		}
		if d.Requests.Total > 0 {
			words += fmt.Sprintf(", %d of %d requests failed", d.Requests.Failed, d.Requests.Total)
		}
		return words
	}
	if d.Outcome == "running" && d.Action != "deploy" && d.Action != "" {
		return d.App + ": " + d.Action + " accepted"
	}
	if d.Release == 0 {
		return d.App + ": accepted" // whoever does not wait ends before a release is planned
	}
	return fmt.Sprintf("%s release %d %s", d.App, d.Release, d.Outcome)
}

// conclude shows what wishes came to and returns the worst of their faults.
func (s *session) conclude(list []view.Deployment, faults []error) error {
	worst := worstOf(faults)
	doc := s.document("DeploymentList", list)
	if worst != nil {
		doc.Error = fault.Of(worst)
	}
	err := s.show(doc, func(w io.Writer) error {
		for i, d := range list {
			if faults[i] != nil {
				continue
			}
			if _, err := fmt.Fprintln(w, promoted(d)); err != nil {
				return err
			}
			s.links(d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range faults {
		if f != nil && f != worst {
			fmt.Fprint(s.Err, s.words(fault.Of(f)))
		}
	}
	return worst
}

// links tell a person where to look further.
func (s *session) links(d view.Deployment) {
	if s.Output != "table" && s.Output != "wide" || d.Outcome == "unchanged" || s.progressKind() == progress.JSON {
		return
	}
	words := "  "
	if len(d.URLs) > 0 && d.Outcome != "retired" {
		words += "url " + d.URLs[0] + "     "
	}
	s.hint(strings.TrimSuffix(behind(words, d.Links.NATS, s.width(s.Err)), "\n"))
}

// worst are exit statuses, the worst first.
var worst = []int{1, 7, 6, 124}

func worstOf(faults []error) (chosen error) {
	rank := len(worst) + 1
	for _, f := range faults {
		if f == nil {
			continue
		}
		exit, at := fault.Of(f).Exit(), len(worst)
		for i, w := range worst {
			if w == exit {
				at = i
			}
		}
		if exit != 0 && at == len(worst) {
			at = -1 // whatever else stops all of it
		}
		if at < rank {
			chosen, rank = f, at
		}
	}
	return chosen
}
