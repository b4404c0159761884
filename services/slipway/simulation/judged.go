package simulation

import (
	"time"

	"slipway.dev/events"
)

// judgedStep lets one thing happen in a world of releases that are judged: they are given
// the time for it, which the other worlds are not.
func (p *platform) judgedStep() {
	r := p.w.Rand()
	app := appNames[r.IntN(len(appNames))]
	of := events.OfApp{App: app}
	switch r.IntN(12) {
	case 0:
		p.w.Wish("person:sim", events.WishPromotionRequested{OfApp: of, Full: r.IntN(3) == 0})
	case 1:
		p.w.Wish("person:sim", events.WishHaltLifted{OfApp: of})
	case 2:
		p.w.Wish("person:sim", events.WishAbortRequested{OfApp: of})
	case 3, 4:
		p.crash(p.services)
	case 5:
		p.cut(p.gates)
	case 6:
		p.kill()
	default:
		p.declare(app, p.judgedRelease)
	}
	p.w.Run(time.Duration(r.IntN(40)) * time.Second)
}

// judgedRelease is a release that starts and has checks.
func (p *platform) judgedRelease(d *events.Document) {
	r := p.w.Rand()
	d.Version = p.nextVersion("good")
	d.Replicas = 1 + r.IntN(3)
	d.Deploy.Strategy = events.BlueGreen
	if r.IntN(3) > 0 {
		d.Deploy.Strategy, d.Deploy.Steps = events.Canary, p.steps()
	}
	d.Deploy.Keep.Warm = r.IntN(2)
	if r.IntN(5) == 0 {
		d.Deploy.OnFailure = events.OnFailurePause
	}
	for d.Deploy.Analysis == nil {
		p.checks(d)
	}
}
