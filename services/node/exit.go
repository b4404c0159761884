package node

import (
	"fmt"
	"strings"

	"slipway.dev/events"
)

// ended is the end of what was said to run: sensed, or a listing twice without it. Nil while it runs.
func (d *decision) ended(id string, i *Instance, x *seen) *Ended {
	switch {
	case !i.runs():
		return nil
	case x.ended != nil && x.ended.Try == i.Try:
		return x.ended
	case i.up() && x.absent >= sure:
		return &Ended{ID: id, Try: i.Try, Code: noCode, Reason: ReasonLost}
	}
	return nil
}

// exited says how a try ended and, where it was not the workload's own doing, whose.
func (d *decision) exited(id string, i *Instance, end Ended) {
	spec := d.spec(i)
	fact := events.InstanceExited{
		OfInstance: d.of(id, i.App), Try: i.Try, Code: end.Code, Signal: end.Signal, Oom: end.Oom, Tail: end.Tail,
	}
	why := end.words(i)
	switch {
	case d.taking:
		fact.Planned, why = true, "node stopped"
	case end.Reason == ReasonBooted:
		fact.Planned = true
	case i.Ending != "":
		fact.Cause, why = i.Ending, i.Why
	case end.Final:
		fact.Cause = causeFinal
	case strings.HasPrefix(end.Reason, ReasonAddressInUse) && spec != nil && allots(spec):
		fact.Cause = causePort
	case i.up() && i.Withdrawn == nil && end.foreign():
		fact.Cause = causeMissing
	}
	d.say.Because(i.Last, "%s", why).Fact(fact)
}

// foreign: it vanished, or somebody else than this agent and the workload itself ended it.
func (e Ended) foreign() bool {
	if e.Reason == ReasonLost {
		return true
	}
	switch e.Signal {
	case "KILL", "TERM", "INT", "HUP", "QUIT":
		return !e.Oom && e.Reason == ""
	}
	return false
}

func (e Ended) words(i *Instance) string {
	what := "exit " + fmt.Sprint(e.Code)
	switch {
	case e.Signal != "":
		what = "signal " + e.Signal
	case e.Code == noCode && e.Reason != "":
		what = e.Reason
	}
	if what != e.Reason && e.Reason != "" {
		what += ": " + e.Reason
	}
	if i.Phase == Starting {
		return "could not start: " + what
	}
	return what
}

// after says what follows an exit.
func (d *decision) after(id string, i *Instance) {
	exit, spec := i.Exit, d.spec(i)
	switch {
	case spec == nil:
	case exit.Cause == causeMissing && !i.Found && !(d.drift(i.App, i.Release) == events.DriftIgnore):
		d.say.Because(i.Last, "not running: %s", exit.Why).Fact(events.DriftFound{OfInstance: d.of(id, i.App), Kind: driftMissing})
	case exit.Cause == causeMissing && d.drift(i.App, i.Release) != "":
		d.leave(id, i)
	case !exit.Counted:
		d.start(id, i, spec, "%s: no failure", exit.Why)
	case exit.Clean && (i.Role == events.RoleHook || spec.Restart.When == events.RestartOnFailure):
		d.say.Because(i.Last, "did what it had to: %s", exit.Why).Fact(events.InstanceCompleted{
			OfInstance: d.of(id, i.App), TookMs: exit.At.Sub(i.StartedAt).Milliseconds(),
		})
	default:
		if verdict := d.verdict(i, spec); verdict != "" {
			d.fail(id, i, events.InstanceFailed{Code: exit.Code, Tail: exit.Tail, Final: exit.Cause == causeFinal}, "%s; last: %s", verdict, exit.Why)
			return
		}
		wait := jittered(doubled(ms(spec.Restart.BackoffMinMs), ms(spec.Restart.BackoffMaxMs), i.Failures), id, i.Try)
		d.say.Because(i.Last, "%s; failure %d, again in %s", exit.Why, i.Failures, wait).Fact(events.InstanceBackingOff{
			OfInstance: d.of(id, i.App), Until: exit.At.Add(wait), Failures: i.Failures,
		})
	}
}

// verdict is why an instance is not started again; empty if it is.
func (d *decision) verdict(i *Instance, spec *events.Spec) string {
	restart, hook := spec.Restart, i.Role == events.RoleHook
	switch {
	case i.Exit.Cause == causeFinal:
		return "no retry can help"
	case hook && i.Failures > i.hook(spec).Retries:
		return fmt.Sprintf("hook failed, %d of %d retries used", i.Failures-1, i.hook(spec).Retries)
	case hook:
		return ""
	case restart.When == events.RestartNever:
		return "restart: never"
	case i.Exit.Cause == causeStartup && !d.Releases[releaseKey(i.App, i.Release)].Promoted:
		return "missed its startup in a release never promoted"
	case restart.GiveUpFailures > 0 && len(i.Failed) >= restart.GiveUpFailures:
		return fmt.Sprintf("%d exits within %s", len(i.Failed), ms(restart.GiveUpWithinMs))
	}
	return ""
}

// fail ends an instance; drift it was in was not repaired here.
func (d *decision) fail(id string, i *Instance, fact events.InstanceFailed, why string, args ...any) {
	if !i.Drift.IsZero() {
		d.say.Because(i.Last, why, args...).Fact(events.DriftRepairFailed{OfInstance: d.of(id, i.App), Kind: driftMissing})
	}
	fact.OfInstance = d.of(id, i.App)
	d.say.Because(i.Last, why, args...).Fact(fact)
}

// again starts anew when the back-off is over.
func (d *decision) again(id string, i *Instance) {
	spec := d.spec(i)
	switch {
	case spec == nil:
	case d.now.Before(i.Until):
		d.say.Waits(id, "time", "failure %d; again at %s", i.Failures, i.Until.Format("15:04:05"))
	default:
		d.start(id, i, spec, "back-off over after failure %d", i.Failures)
	}
}
