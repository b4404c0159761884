package node

import (
	"strings"
	"time"

	"slipway.dev/events"
)

// withdraw says the intent to stop, once nothing can be lost by it.
func (d *decision) withdraw(id string, i *Instance) {
	why, ok := "", true
	switch w := i.Withdrawn; {
	case w.Drained:
		why = "drained by every gateway that counts"
	case !i.runs():
		why = "it does not run"
	case !i.Routed || d.portless(i):
		why = "it was never routed"
	case !d.now.Before(w.StopBy):
		why = "nobody said drained by " + w.StopBy.Format(time.TimeOnly)
	default:
		ok = false
		d.say.Waits(id, "drain", "endpoint.drained, or %s", w.StopBy.Format(time.TimeOnly))
	}
	if !ok {
		return
	}
	signal, grace := d.ending(i)
	d.say.Because(i.Last, "%s: %s", i.Withdrawn.Why, why).Fact(events.InstanceStopping{
		OfInstance: d.of(id, i.App), Signal: signal, GraceMs: grace, Cut: i.Withdrawn.Cut,
		Drained: i.Withdrawn.Drained || !i.Routed || d.portless(i),
	})
}

// portless tells whether no gateway can ever have sent it anything.
func (s *State) portless(i *Instance) bool {
	spec := s.spec(i)
	return i.Role == events.RoleHook || spec != nil && spec.MainPort() == ""
}

// How what has no spec here is ended.
const (
	signalDefault  = "TERM"
	graceMsDefault = 10_000
)

// ending is how an instance is asked to end.
func (s *State) ending(i *Instance) (signal string, graceMs int64) {
	spec := s.spec(i)
	if spec == nil {
		return signalDefault, graceMsDefault
	}
	if spec.Stop.Signal == "" {
		return signalDefault, spec.Stop.GraceMs
	}
	return spec.Stop.Signal, spec.Stop.GraceMs
}

// confirm says that an instance is gone for good: only the driver's word counts, never mere absence.
func (d *decision) confirm(id string, i *Instance, x *seen) {
	if x.confirmed == nil {
		return
	}
	why := "the driver confirms"
	if x.confirmed.Killed {
		why = "the driver confirms; killed after its grace"
	}
	d.say.Because(i.Last, "%s", why).Fact(events.InstanceStopped{
		OfInstance: d.of(id, i.App), Code: x.confirmed.Code, Killed: x.confirmed.Killed, TookMs: x.confirmed.TookMs,
	})
}

// extras says what runs here without a placement, and when it does not any more.
func (d *decision) extras() {
	for _, id := range d.stray() {
		x := d.w.seen[id]
		extra, found := d.Extras[id]
		switch {
		case found && x.confirmed != nil:
			d.say.Because(extra.Last, "stopped").Fact(events.DriftRepaired{
				OfInstance: d.of(id, extra.App), Kind: driftExtra, TookMs: d.now.Sub(extra.Since).Milliseconds(),
			})
		case found && !extra.Accepted && d.drift(extra.App, 0) != "":
			d.say.Because(extra.Last, "drift: %s", d.drift(extra.App, 0)).Fact(events.DriftAccepted{OfInstance: d.of(id, extra.App), Kind: driftExtra})
		case !found && x.extra >= sure && x.confirmed == nil && d.drift(appOf(id), 0) != events.DriftIgnore:
			d.say.Because(d.Last, "runs without a placement, pid %d", x.listed.Pid).Fact(events.DriftFound{
				OfInstance: d.of(id, appOf(id)), Kind: driftExtra,
			})
		}
	}
}

// appOf reads the app out of an instance's id, <app>-<release>-<letter><ordinal>.
func appOf(id string) string {
	for range 2 {
		if cut := strings.LastIndexByte(id, '-'); cut > 0 {
			id = id[:cut]
		}
	}
	return id
}
