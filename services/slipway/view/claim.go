package view

import (
	"fmt"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// Claim is a promise about one change: whether it holds, and what it rests on.
type Claim struct {
	Name   string `json:"name"`
	Holds  bool   `json:"holds"`
	Bound  string `json:"bound"`
	Reason string `json:"reason"`
	Fix    string `json:"fix,omitempty"`
}

// claims are what can be promised about a change of an app to a document.
func claims(a *deployer.App, d events.Document, target int) []Claim {
	list := []Claim{noLoss(d, target), capacity(d, target)}
	if a.Stable != 0 && !a.Retired {
		list = append(list, wayBack(d))
	}
	if d.Deploy.Strategy == events.Canary || d.Deploy.Analysis != nil {
		list = append(list, judgement(d))
	}
	return append(list, recovery(d))
}

// noLoss: no request is lost while instances are exchanged.
func noLoss(d events.Document, target int) Claim {
	c := Claim{Name: "no request lost", Bound: "0 requests", Holds: true,
		Reason: fmt.Sprintf("readiness %s, drain %s", check(d.Health.Ready), seconds(d.Stop.DrainMs))}
	switch {
	case !d.HasHTTP():
		c.Reason = "no requests are routed to it"
	case target == 0 && d.External:
		c.Reason = "endpoints from outside drain before they go"
	case target == 0:
		c.no("no instance is wanted", "slipway explain app.replicas")
	case d.Deploy.Strategy == events.Recreate:
		c.no("recreate stops the old before it starts the new: a gap of one start", "slipway explain app.deploy")
	case d.Deploy.Rolling.Order == events.OrderStopFirst, d.HasFixedPort():
		c.no("stop-first: a gap where one instance serves alone", "slipway explain app.deploy.rolling")
	case d.Health.Ready.Kind == events.CheckAlive:
		c.no("nothing tells when it may serve: no readiness check", "slipway explain app.health.ready")
	case d.Stop.DrainMs == 0:
		c.no("drain is 0s: what is in flight is cut", "slipway explain app.stop")
	}
	return c
}

func (c *Claim) no(why, fix string) { c.Holds, c.Reason, c.Fix = false, why, fix }

// capacity: how many of the wanted instances serve at least.
func capacity(d events.Document, target int) Claim {
	least := target - d.Deploy.Unavailable(target)
	beside := d.Deploy.Strategy == events.BlueGreen || d.Deploy.Strategy == events.Canary
	if beside {
		least = target
	}
	c := Claim{Name: "capacity", Bound: fmt.Sprintf(">= %d of %d available", least, target), Holds: true,
		Reason: fmt.Sprintf("surge %d, unavailable %d", d.Deploy.Surge(target), d.Deploy.Unavailable(target))}
	switch {
	case d.Deploy.Strategy == events.BlueGreen:
		c.Reason = "the new set is whole before it gets a request"
	case beside:
		c.Reason = "what serves keeps its size beside the canary"
	case d.Deploy.Strategy == events.Recreate:
		c.Bound = fmt.Sprintf(">= 0 of %d available", target)
		c.no("recreate stops all of the old first", "slipway explain app.deploy")
	case d.HasFixedPort():
		c.no("old and new cannot share the host port", "slipway explain app.ports")
	}
	return c
}

// wayBack: a rollback needs no start as long as the old is kept warm.
func wayBack(d events.Document) Claim {
	k := d.Deploy.Keep
	c := Claim{Name: "rollback without a start", Bound: "for " + seconds(k.WarmForMs), Holds: true,
		Reason: fmt.Sprintf("%d release kept warm", k.Warm)}
	beside := d.Deploy.Strategy == events.BlueGreen || d.Deploy.Strategy == events.Canary
	if !beside || k.Warm < 1 || k.WarmForMs == 0 {
		c.Bound = "0s"
		c.no("only blue-green and canary keep the old instances running", "slipway explain app.deploy.keep")
	}
	return c
}

// recovery: how long a bad release may stay before it is taken back.
func recovery(d events.Document) Claim {
	return Claim{
		Name: "a release that does not start is taken back", Holds: d.Deploy.OnFailure == events.OnFailureRollback,
		Bound:  "<= " + seconds(d.Deploy.DeadlineMs+d.Deploy.RevertMs),
		Reason: fmt.Sprintf("deadline %s, revert %s, onFailure %s", seconds(d.Deploy.DeadlineMs), seconds(d.Deploy.RevertMs), d.Deploy.OnFailure),
	}
}
