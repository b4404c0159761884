package service

import "slipway.dev/events"

// reconcile compares what the hands do with what they must be doing.
func (c *Core) reconcile(k keyOf, ks *keyState, want []Act, step *Step) {
	wanted := make(map[string]bool, len(want))
	for _, a := range want {
		wanted[a.ID] = true
		if _, known := c.acts[a.ID]; known && c.rules(ruleOnce) {
			continue
		}
		if !a.Long && c.running >= events.MaxActs {
			c.touch(k) // the rest when a hand is free
			continue
		}
		ks.acts[a.ID], c.acts[a.ID] = &running{act: a}, k
		c.count(a, 1)
		step.Start = append(step.Start, a)
	}
	for _, id := range Sorted(ks.acts) {
		if wanted[id] {
			continue
		}
		if !ks.acts[id].ended {
			step.Cancel = append(step.Cancel, id)
			c.count(ks.acts[id].act, -1)
		}
		delete(ks.acts, id)
		delete(c.acts, id)
	}
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
