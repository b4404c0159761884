package placer

import (
	"cmp"
	"strconv"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// answer answers the oldest open wish about a node.
func (c *Cluster) answer(x *Ear, ttl time.Duration, now time.Time) (say service.Says) {
	w, state, ok := c.Inbox.Oldest(now)
	if !ok {
		return say
	}
	a := answer{&say, w, c.Nodes[w.Place]}
	switch {
	case state == "expired":
		a.refuse(state, "nobody answered within "+events.WishAge.String())
		return say
	case state == "busy":
		a.refuse(state, "more than "+strconv.Itoa(events.MaxOpenWishes)+" open wishes")
		return say
	case a.node == nil:
		a.refuse("unknown", "there is no node "+w.Place)
		return say
	}
	switch d := w.Data.(type) {
	case events.WishCordonRequested:
		a.cordon(d)
	case events.WishCordonLifted:
		a.uncordon(d)
	case events.WishDrainRequested:
		a.drain(d)
	case events.WishDrainCancelled:
		a.cancel(d)
	case events.WishRemovalRequested:
		c.remove(a, x.lostAt(a.node, ttl), now)
	default:
		a.refuse("unknown", "this version has no answer to "+w.Kind.Name())
	}
	return say
}

// answer is what is said to a wish about a node.
type answer struct {
	say  *service.Says
	wish events.Event
	node *inventory.Node
}

func (a answer) because(message, otherwise string) service.Saying {
	return a.say.Because(service.CauseOf(a.wish), "%s", cmp.Or(message, otherwise+" by "+a.wish.Actor))
}

func (a answer) refuse(cause, why string) {
	a.say.Because(service.CauseOf(a.wish), "%s", why).Fact(events.EvacuationRefused{OfEvacuation: ofNode(a.wish.Place), Cause: cause})
}

func (a answer) cordon(d events.WishCordonRequested) {
	switch n := a.node; {
	case n.Gone():
		a.refuse("unknown", n.Name+" is gone")
	case n.Cordoned:
		a.refuse("already", n.Name+" is cordoned already")
	default:
		a.because(d.Message, "cordoned").Fact(events.EvacuationCordoned{OfEvacuation: d.OfEvacuation, Message: d.Message})
	}
}

func (a answer) uncordon(d events.WishCordonLifted) {
	switch n := a.node; {
	case n.Draining():
		a.refuse("draining", n.Name+" drains: slipway nodes drain "+n.Name+" --cancel")
	case !n.Cordoned:
		a.refuse("already", n.Name+" is not cordoned")
	default:
		a.because(d.Message, "uncordoned").Fact(events.EvacuationUncordoned{OfEvacuation: d.OfEvacuation})
	}
}

func (a answer) drain(d events.WishDrainRequested) {
	terms := d.Drain
	if terms.DeadlineMs == 0 {
		terms.DeadlineMs = events.DrainDeadlineMs
	}
	switch n := a.node; {
	case terms.DeadlineMs < 0:
		a.refuse("invalid", "a deadline of "+(time.Duration(terms.DeadlineMs)*time.Millisecond).String())
	case n.Gone():
		a.refuse("unknown", n.Name+" is gone")
	case n.Lost():
		a.refuse("lost", n.Name+" is lost: slipway nodes remove "+n.Name)
	case n.Drained:
		a.refuse("already", n.Name+" is drained already")
	case n.Draining() && n.Evacuation.Drain == terms:
		a.refuse("already", n.Name+" drains already")
	default:
		a.because(d.Message, "drained").Fact(events.EvacuationStarted{OfEvacuation: d.OfEvacuation, Cause: events.EvacuationDrain, Drain: terms})
	}
}

func (a answer) cancel(d events.WishDrainCancelled) {
	n := a.node
	if !n.Draining() {
		a.refuse("idle", n.Name+" does not drain")
		return
	}
	stays := n.Evacuation.KeepCordoned || !n.Evacuation.Opens
	a.because(d.Message, "cancelled").Fact(events.EvacuationCancelled{OfEvacuation: d.OfEvacuation, Cordoned: stays})
}

// remove gives a lost node up: what stayed on it for its volumes too. The last fact
// answers the wish, so a crash before it begins again.
func (c *Cluster) remove(a answer, lost, now time.Time) {
	n := a.node
	switch {
	case n.Gone():
		a.refuse("already", n.Name+" is gone")
		return
	case !n.Lost() && !n.Alive:
		a.refuse("live", n.Name+" is silent and not lost yet: it is at "+lost.Format(time.TimeOnly))
		return
	case !n.Lost() || n.Alive:
		a.refuse("live", n.Name+" is live: drain it first, then end its agent")
		return
	}
	for _, id := range service.Sorted(c.On[n.Name]) {
		a.say.Because(plain(service.CauseOf(a.wish)), "node %s is given up", n.Name).Fact(events.PlacementEvacuated{
			OfInstance: events.OfInstance{App: c.Requests[id].App, Node: n.Name, Instance: id}, Cause: events.EvacuationRemoval,
		})
	}
	end := finished(n, events.EvacuationRemoval, now)
	end.Moved += len(a.say.Facts)
	d := a.wish.Data.(events.WishRemovalRequested)
	a.because(d.Message, "removed").Fact(end)
}
