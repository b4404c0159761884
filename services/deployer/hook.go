package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// errand is a command to be run once: before a release, in a step of it, or to take back
// what a step ran.
type errand struct {
	events.Hook
	Step int
	Undo bool
}

// runHook is a step's command or its undo, within the time of either.
func runHook(command []string, s *events.StepRun) events.Hook {
	return events.Hook{Command: command, TimeoutMs: s.TimeoutMs}
}

// errands are the instances of a release that run one.
func (v view) errands(r *Release, step int, undo bool) insts {
	return v.all().keep(func(i *Inst) bool {
		return i.Role == events.RoleHook && i.Release == r.Number && i.Step == step && i.Undo == undo
	})
}

// hook runs an errand once: whatever else runs of the app's goes before it. What came of
// it is folded from its instance.
func (v view) hook(r *Release, x errand, why string) (say service.Says) {
	mine := v.errands(r, x.Step, x.Undo).keep(wanted)
	others := v.all().keep(func(i *Inst) bool {
		return i.Role == events.RoleHook && (len(mine) == 0 || i.ID != mine[0].ID)
	})
	for _, i := range others.keep(wanted) {
		say.Because(r.Cause, "an older hook stops before a new one runs").Fact(v.withdrawal(i, causeSuperseded))
	}
	switch {
	case !say.Empty():
	case len(others) > 0:
		say.Waits(v.id(r), waitsDrain, "hook %s to stop", others[0].ID)
	case len(mine) == 0:
		id := v.Name + "-" + itoa(r.Number) + "-h" + itoa(r.HookTries+1)
		q := v.request(r, id, events.RoleHook, false)
		if x.Step > 0 {
			q.Hook, q.Step, q.Undo = &x.Hook, x.Step, x.Undo
		}
		say.Because(r.Cause, "%s", why).Fact(q)
	default:
		ends := v.hookEnds(r, mine[0])
		say.Waits(v.id(r), waitsTime, "hook %s to complete, until %s", mine[0].ID, ends.Format(time.TimeOnly))
		if v.now.After(ends) && r.Phase != returning {
			say.Because(mine[0].Cause, "hook %s took longer than %s", mine[0].ID, ms(x.TimeoutMs)).Fact(v.abort(r, causeError, "", ""))
		}
	}
	return say
}

// hookEnds is when a hook has taken too long: its node ends it by then, and this is for
// a node that says nothing.
func (v view) hookEnds(r *Release, i *Inst) time.Time {
	timeout := int64(0)
	switch steps := v.policy().Steps; {
	case i.Step > 0 && i.Step <= len(steps) && steps[i.Step-1].Run != nil:
		timeout = steps[i.Step-1].Run.TimeoutMs
	case i.Step == 0 && r.Spec.Hooks.PreDeploy != nil:
		timeout = r.Spec.Hooks.PreDeploy.TimeoutMs
	}
	return i.Since.Add(ms(timeout))
}

// awaits tells whether a release still wants what a hook of its does.
func (v view) awaits(r *Release, i *Inst) bool {
	switch {
	case i.Undo:
		s, ok := v.toUndo(r)
		return ok && s == i.Step
	case i.Step > 0:
		return i.Step > r.RunDone && (r.Phase == progress || r.Phase == paused) && !r.Full
	}
	return r.prepares()
}

// hooked notes that a hook has done its work.
func (r *Release) hooked(i *Inst) {
	switch {
	case i.Undo:
		r.Undone = i.Step
	case i.Step > 0:
		r.RunDone = max(r.RunDone, i.Step)
	default:
		r.HookDone = true
	}
}

// hookFailed notes that a hook could not do its work, as often as its node has tried. An
// undo is not tried again: the next one goes on, and the reason of the release's end tells.
func (r *Release) hookFailed(i *Inst, f Failure) {
	switch {
	case i.Undo:
		r.Undone, r.UndoFailed = i.Step, "undo "+i.ID+" of step "+itoa(i.Step)+" failed: "+f.Reason
	case i.Step > 0:
		r.Fatal = "command " + i.ID + " of step " + itoa(i.Step) + " failed: " + f.Reason
	default:
		r.Fatal = "hook " + i.ID + " failed: " + f.Reason
	}
}

func (r *Release) undoWords() string {
	if r.UndoFailed == "" {
		return ""
	}
	return "; " + r.UndoFailed
}

// toUndo is the last step whose command is to be taken back; ok is false if none is.
func (v view) toUndo(r *Release) (step int, ok bool) {
	if r.Phase != returning || r.Strategy != events.Canary {
		return 0, false
	}
	from := r.RunDone
	if r.Undone > 0 {
		from = r.Undone - 1
	}
	steps := v.policy().Steps
	for step = min(from, len(steps)); step > 0; step-- {
		if run := steps[step-1].Run; run != nil && len(run.Undo) > 0 {
			return step, true
		}
	}
	return 0, false
}

// revertBy is when a release that is taken back must be home: its commands are taken
// back within their own times.
func (v view) revertBy(r *Release) time.Time {
	by := r.AbortedAt.Add(ms(v.policy().RevertMs))
	for k, s := range v.policy().Steps {
		if s.Run != nil && len(s.Run.Undo) > 0 && k < r.RunDone {
			by = by.Add(ms(s.Run.TimeoutMs))
		}
	}
	return by
}
