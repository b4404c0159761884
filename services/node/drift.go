package node

import (
	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// drift is what an app wants done where the world differs from the state: report, ignore,
// or nothing for repair. Release 0 is the newest that is known.
func (d *decision) drift(app string, release int) string {
	if release == 0 {
		numbers := service.Sorted(d.apps().releases[app])
		if len(numbers) == 0 {
			return ""
		}
		release = numbers[len(numbers)-1]
	}
	if r := d.Releases[releaseKey(app, release)]; r != nil {
		return r.Drift
	}
	return ""
}

// leave lets an instance that somebody ended be, until its app wants drift repaired.
func (d *decision) leave(id string, i *Instance) {
	if policy := d.drift(i.App, i.Release); policy == events.DriftReport && !i.Accepted {
		d.say.Because(i.Last, "drift: %s", policy).Fact(events.DriftAccepted{OfInstance: d.of(id, i.App), Kind: driftMissing})
		return
	}
	d.say.Waits(id, "approval", "somebody ended it (%s), and the app file says drift: %s; with drift: repair it is started again", i.Exit.Why, d.drift(i.App, i.Release))
}
