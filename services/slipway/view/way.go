package view

import (
	"time"

	"slipway.dev/services/deployer"
)

// Way is how a release is made, as a person follows it: what its status does not tell.
type Way struct {
	Live     bool // it is the one on its way
	Strategy string
	Phase    string
	Pause    string    // why it stands still: step, approval, manual …; empty unless it does
	Planned  time.Time // zero: there is no such release
	Until    time.Time // end of a timed pause; zero: none
	Deadline time.Time // when it is given up without progress; zero: it cannot be now
	Step, Of int       // the step it is in, of all
	Steps    []float64 // share of each, 0 to 1; nil: it has none
	Why      string    // reason of its last fact
	Failure  *deployer.Failure
	Judged   []Judgement
}

// Way is how a release of an app is made.
func (l *Log) Way(app string, release int, now time.Time) (w Way) {
	x := l.current(app, release)
	w = Way{Strategy: x.Strategy, Phase: x.Phase, Planned: x.Planned, Why: x.Why, Failure: x.Failure, Judged: judged(x)}
	w.Step, w.Of = x.Stage()
	a, f := l.App(app)
	if a == nil || a.Live != release {
		return w
	}
	w.Live = true
	switch x.Phase {
	case deployer.PhasePaused:
		w.Pause, w.Until = x.Pause, x.Until
	case deployer.PhaseReturning:
		w.Why = x.AbortWhy
	default:
		w.Deadline = l.read(a, f, now).Deadline(x)
	}
	w.Steps = stepShares(a, x)
	return w
}

// stepShares are the shares of a release's steps, as the app file has them today.
func stepShares(a *deployer.App, x *deployer.Release) (shares []float64) {
	if a.Accepted == nil || x.Steps == 0 || len(a.Accepted.Document.Deploy.Steps) != x.Steps {
		return nil
	}
	for _, s := range a.Accepted.Document.Deploy.Steps {
		shares = append(shares, share(s.WeightBp))
	}
	return append(shares, 1)
}
