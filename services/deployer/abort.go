package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// attemptsMax is how often one replica of a release never promoted may fail before
// the release is given up.
const attemptsMax = 3

// giveUp ends a release that cannot be made: an error no retry mends, replacements
// used up, no progress within the deadline.
func (v view) giveUp(r *Release) (say service.Says) {
	if r.Phase == returning || r.Phase == promoted || r.Reached {
		return say
	}
	switch {
	case r.Fatal != "":
		say.Because(r.Cause, "%s", r.Fatal).Fact(v.abort(r, causeError, "", ""))
	case v.usedUp(r):
		say.Because(r.Cause, "%s", failureWords(r.Failure)).Fact(v.abort(r, causeUnhealthy, "", ""))
	case r.Phase != paused && v.now.After(v.deadline(r)) && !v.judging(r):
		return v.late(r)
	}
	return say
}

func (v view) late(r *Release) (say service.Says) {
	why, cause := v.lateWords(r), r.Cause
	if words, by := v.shut(); words != "" {
		why, cause = "no progress for "+ms(v.policy().DeadlineMs).String()+": "+words, by
	}
	if v.policy().OnFailure == events.OnFailurePause {
		say.Because(cause, "%s", why).Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: causeFailure})
		return say
	}
	say.Because(cause, "%s", why).Fact(v.abort(r, causeDeadline, "", ""))
	return say
}

func (v view) lateWords(r *Release) string {
	why := "no progress for " + ms(v.policy().DeadlineMs).String()
	for _, i := range v.of(r.Number) {
		if i.State == "blocked" {
			return why + ": " + i.Lacks
		}
	}
	if r.Failure != nil {
		return why + ": " + failureWords(r.Failure)
	}
	return why + ": " + itoa(len(v.of(r.Number).keep(v.available))) + " of " + itoa(v.size(r)) + " available"
}

func (v view) deadline(r *Release) time.Time { return r.Progressed.Add(ms(v.policy().DeadlineMs)) }

func (v view) usedUp(r *Release) bool {
	for _, x := range r.Replicas {
		if x.Failures >= attemptsMax {
			return true
		}
	}
	return false
}

func failureWords(f *Failure) string {
	if f == nil {
		return "it failed"
	}
	return f.Instance + " " + f.Reason
}

func (v view) abort(r *Release, cause, by, message string) events.ReleaseAborted {
	return events.ReleaseAborted{OfRelease: v.ref(r), Cause: cause, By: by, Message: message}
}

// goBack returns to what served before: its size first, then its requests, then the
// aborted release's instances go. It ends within revert.
func (v view) goBack(r *Release) (say service.Says) {
	home := v.home(r)
	switch {
	case home == nil:
		return v.nowhere(r)
	case v.now.After(v.revertBy(r)):
		return v.strand(r, "not restored within "+ms(v.policy().RevertMs).String())
	case home.Revision == r.Revision && len(v.of(home.Number).keep(wanted)) == 0 && v.size(home) > 0:
		return v.strand(r, "nothing different to return to")
	}
	if say = v.regain(r, home); !say.Empty() || len(say.Waiting) > 0 {
		return say
	}
	say = v.replace(home, v.limits(r))
	if !say.Empty() || !v.carries(home) || len(v.others(home)) > 0 {
		return say
	}
	if s, ok := v.toUndo(r); ok {
		return v.hook(r, errand{Hook: runHook(v.policy().Steps[s-1].Run.Undo, v.policy().Steps[s-1].Run), Step: s, Undo: true}, "takes back what step "+itoa(s)+" ran")
	}
	if left := v.of(r.Number); r.Aborted == causeSuperseded && len(left) > 0 {
		say.Waits(v.id(r), waitsDrain, "%s to stop", left[0].ID)
		return say
	}
	return v.ended(r, home.Number)
}

// ended says how a release that was taken back ended.
func (v view) ended(r *Release, to int) (say service.Says) {
	if r.Aborted == causeSuperseded {
		by := 0
		if v.Pending != nil {
			by = v.Pending.Number
		}
		say.Because(r.Cause, "declaration %d stands", by).Fact(events.ReleaseSuperseded{OfRelease: v.ref(r), By: by})
		return say
	}
	c := v.Counts[r.Number]
	if c == nil {
		c = &Count{}
	}
	say.Because(r.Cause, "%s%s", r.Why, r.undoWords()).Fact(events.ReleaseRolledBack{
		OfRelease: v.ref(r), To: to, TookMs: v.now.Sub(r.AbortedAt).Milliseconds(),
		Requests: c.Requests, RequestsFailed: c.Failed, WarmUntil: v.afterwards(r),
	})
	return say
}

// nowhere ends a first release that failed: all of it goes.
func (v view) nowhere(r *Release) (say service.Says) {
	if say = v.withdrawAll(v.of(r.Number).keep(wanted), "aborted", "release %d is aborted, nothing to return to"); !say.Empty() {
		return say
	}
	if left := v.of(r.Number); len(left) > 0 {
		say.Waits(v.id(r), waitsDrain, "%s to stop", left[0].ID)
		return say
	}
	if r.Aborted == causeSuperseded {
		return v.ended(r, 0)
	}
	return v.strand(r, r.Why)
}

func (v view) strand(r *Release, why string) (say service.Says) {
	serving := "none"
	for _, s := range v.Route.Said.Shares {
		if len(v.of(s.Release).keep(v.available)) > 0 {
			serving = itoa(s.Release)
		}
	}
	say.Because(r.Cause, "%s", why).Fact(events.ReleaseStranded{OfRelease: v.ref(r), Cause: why, Serving: serving})
	return say
}
