package service

import (
	"slices"

	"slipway.dev/events"
)

// reconcile compares what the hands do with what they must be doing. Of a long list
// mostly the same acts as the last time are wanted: only those between are looked at.
func (c *Core) reconcile(k keyOf, ks *keyState, want []Act, step *Step) {
	was, now := ks.listed, want
	if was == nil || !c.rules(ruleOnce) {
		was = ks.listing()
	} else {
		was, now = differing(was, want)
	}
	wanted := make(map[string]bool, len(now))
	all := true
	for _, a := range now {
		wanted[a.ID] = true
		if of, known := c.acts[a.ID]; known && c.rules(ruleOnce) {
			all = all && of == k
			continue
		}
		if !a.Long && c.running >= events.MaxActs {
			all = false
			c.touch(k) // the rest when a hand is free
			continue
		}
		ks.acts[a.ID], c.acts[a.ID] = &running{act: a}, k
		c.count(a, 1)
		step.Start = append(step.Start, a)
	}
	c.cancel(ks, was, wanted, step)
	if ks.listed = nil; all {
		ks.listed = want
	}
}

// cancel ends the acts that are not wanted any more, sorted.
func (c *Core) cancel(ks *keyState, was []Act, wanted map[string]bool, step *Step) {
	from := len(step.Cancel)
	for _, a := range was {
		if wanted[a.ID] {
			continue
		}
		if !ks.acts[a.ID].ended {
			step.Cancel = append(step.Cancel, a.ID)
			c.count(ks.acts[a.ID].act, -1)
		}
		delete(ks.acts, a.ID)
		delete(c.acts, a.ID)
	}
	slices.Sort(step.Cancel[from:])
}

// listing is what the hands do for a key.
func (ks *keyState) listing() (all []Act) {
	for _, r := range ks.acts {
		all = append(all, r.act)
	}
	return all
}

// differing leaves out what two lists begin and end with.
func differing(was, now []Act) (_, _ []Act) {
	for len(was) > 0 && len(now) > 0 && was[0].ID == now[0].ID {
		was, now = was[1:], now[1:]
	}
	for len(was) > 0 && len(now) > 0 && was[len(was)-1].ID == now[len(now)-1].ID {
		was, now = was[:len(was)-1], now[:len(now)-1]
	}
	return was, now
}

// bury ends the acts of a key that is gone.
func (c *Core) bury(k keyOf, ks *keyState, step *Step) {
	delete(c.touched, k)
	delete(c.patience, k)
	c.unrest(k)
	c.reconcile(k, ks, nil, step)
	delete(c.keys, k)
}

// Done says that an act has ended by itself. It is not run again while it is listed.
func (c *Core) Done(id string) {
	k, listed := c.acts[id]
	if !listed {
		return
	}
	if r := c.keys[k].acts[id]; !r.ended {
		r.ended = true
		c.count(r.act, -1)
		c.touch(k)
	}
}

func (c *Core) count(a Act, n int) {
	if !a.Long {
		c.running += n
	}
}
