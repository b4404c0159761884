package node

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

const noCode = -1 // exit code of what has none

// running leads from the intent to start to ready, and on while it runs.
func (d *decision) running(id string, i *Instance, x *seen) {
	spec := d.spec(i)
	switch {
	case spec == nil: // cannot be: it was started from one
	case i.Phase == Starting:
		d.started(id, i, x, spec)
	case i.Ending != "":
		d.say.Waits(id, "readiness", "being ended: %s", i.Why)
	case !i.Drift.IsZero():
		d.say.Because(i.Last, "runs again, try %d", i.Try).Fact(events.DriftRepaired{
			OfInstance: d.of(id, i.App), Kind: driftMissing, TookMs: d.now.Sub(i.Drift).Milliseconds(),
		})
	case i.Role == events.RoleHook:
		d.hook(id, i, spec)
	default:
		d.judge(id, i, x, spec)
	}
}

func (d *decision) started(id string, i *Instance, x *seen, spec *events.Spec) {
	if x.running == nil || x.running.Try != i.Try {
		return
	}
	fact := events.InstanceStarted{
		OfInstance: d.of(id, i.App), Release: i.Release, Try: i.Try, Boot: d.Incarnation, Pid: x.running.Pid, Warnings: x.running.Warnings,
	}
	if i.Role != events.RoleHook {
		fact.Address, fact.Addresses = d.addresses(i, spec)
	}
	d.say.Because(i.Last, "runs, pid %d", x.running.Pid).Fact(fact)
}

// hook bounds the time of a hook.
func (d *decision) hook(id string, i *Instance, spec *events.Spec) {
	most := ms(i.hook(spec).TimeoutMs)
	if most > 0 && !d.now.Before(i.StartedAt.Add(most)) {
		d.say.Because(i.Last, "the hook takes longer than %s", most).Fact(events.InstanceUnready{OfInstance: d.of(id, i.App), Ending: causeTimeout})
		return
	}
	d.say.Waits(id, "readiness", "the hook runs, try %d", i.Try)
}

// hook is what a hook runs, and its bounds: its own, or its release's.
func (i *Instance) hook(spec *events.Spec) events.Hook {
	switch {
	case i.Hook != nil:
		return *i.Hook
	case spec.Hooks.PreDeploy != nil:
		return *spec.Hooks.PreDeploy
	}
	return events.Hook{}
}

// judge makes facts of rows of check results.
func (d *decision) judge(id string, i *Instance, x *seen, spec *events.Spec) {
	ready, live := x.ready, x.live
	if ready.Try != i.Try {
		ready = Checked{}
	}
	check := spec.Health.Ready
	switch {
	case spec.Health.Live != nil && i.ReadyBoot != 0 && live.Try == i.Try && fell(live, spec.Health.Live.Fall):
		d.say.Because(i.Last, "live check %s failed %d times: %s", checkName(*spec.Health.Live, spec), live.Consecutive, live.Reason).
			Fact(events.InstanceUnready{OfInstance: d.of(id, i.App), Ending: causeLive})
	case d.risen(i, ready, check):
		d.ready(id, i, ready, spec)
	case i.Phase == Ready && fell(ready, check.Fall):
		d.say.Because(i.Last, "%s failed %s: %s", checkName(check, spec), times(ready.Consecutive), ready.Reason).
			Fact(events.InstanceUnready{OfInstance: d.of(id, i.App)})
	case i.Phase == Started && spec.Health.StartupMs > 0 && !d.now.Before(startupEnds(i, spec)):
		d.say.Because(i.Last, "not ready within %s: %s", ms(spec.Health.StartupMs), lastWord(ready)).
			Fact(events.InstanceUnready{OfInstance: d.of(id, i.App), Ending: causeStartup})
	case i.Phase != Ready:
		d.say.Waits(id, "readiness", "%s: %s", checkName(check, spec), lastWord(ready))
	}
}

func (d *decision) ready(id string, i *Instance, c Checked, spec *events.Spec) {
	name := checkName(spec.Health.Ready, spec)
	d.say.Because(i.Last, "%s passed %s", name, times(c.Consecutive)).Fact(events.InstanceReady{
		OfInstance: d.of(id, i.App), Boot: d.Incarnation, Check: name, TookMs: max(0, d.now.Sub(i.StartedAt).Milliseconds()),
	})
}

// risen: enough successes in a row; one is enough for what was ready when this boot found it.
func (d *decision) risen(i *Instance, c Checked, check events.HealthCheck) bool {
	switch {
	case !c.OK || c.Consecutive == 0:
		return false
	case i.Phase == Ready:
		return i.ReadyBoot != d.Incarnation
	}
	return c.Consecutive >= max(1, check.Rise)
}

func fell(c Checked, fall int) bool { return !c.OK && c.Consecutive >= max(1, fall) }

func startupEnds(i *Instance, spec *events.Spec) time.Time {
	return i.Since.Add(ms(spec.Health.StartupMs))
}

func lastWord(c Checked) string {
	switch {
	case c.Consecutive == 0:
		return "not checked yet"
	case c.OK:
		return "passed " + times(c.Consecutive)
	}
	return c.Reason
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in a row", n)
}

// checkName is a check in an operator's words: "GET /up", "tcp http", "exec migrate", "alive".
func checkName(c events.HealthCheck, spec *events.Spec) string {
	switch c.Kind {
	case events.CheckHTTP:
		return "GET " + c.Path
	case events.CheckTCP:
		return "tcp " + portOf(c, spec)
	case events.CheckExec:
		if len(c.Command) > 0 {
			return "exec " + c.Command[0]
		}
	}
	return events.CheckAlive
}

func portOf(c events.HealthCheck, spec *events.Spec) string {
	if c.Port != "" {
		return c.Port
	}
	return spec.MainPort()
}

// adopt takes over what an earlier boot started; what was ready and passes its check is ready at once, so that an agent's
// restart costs no request.
func (d *decision) adopt(id string, i *Instance, x *seen) {
	if x.listed == nil || !x.listed.Running || x.listed.Try != i.Try {
		return
	}
	d.say.Because(i.Last, "found running, pid %d", x.listed.Pid).Fact(events.InstanceAdopted{
		OfInstance: d.of(id, i.App), Boot: d.Incarnation, Pid: x.listed.Pid,
	})
	spec := d.spec(i)
	if spec != nil && i.Phase == Ready && x.ready.Try == i.Try && d.risen(i, x.ready, spec.Health.Ready) {
		d.ready(id, i, x.ready, spec)
	}
}
