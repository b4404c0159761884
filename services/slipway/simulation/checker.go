package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
)

// checker holds what must be true of the whole log, seen from outside: it folds
// facts by itself and shares nothing with the deciders.
type checker struct {
	budget   *budget
	steps    *steps
	errands  *errands
	vacancy  *vacancy
	ordinals map[string]uint64
	ids      map[string]bool
	route    map[string]int
	pool     map[string]int
	live     map[string]int               // app -> release on its way
	gateways map[string]time.Time         // joined, not left, not lapsed
	applied  map[string]map[string][2]int // app -> gateway -> route, pool
	ended    map[string]string            // instance -> how it ended
	ready    map[string]string            // instance -> its release, while its node says ready
	starts   map[string]bool
	asked    map[string]bool      // ids of declarations: nothing else makes a release (P3)
	answered map[string]string    // wish -> fact
	lapsed   map[string]time.Time // gateway -> when its lease lapsed
	voices   map[string][]string  // instance -> gateways that had a say when its stop was said
}

func newChecker() *checker {
	return &checker{
		budget: newBudget(), steps: newSteps(), errands: newErrands(), vacancy: newVacancy(), ordinals: map[string]uint64{}, ids: map[string]bool{}, route: map[string]int{}, pool: map[string]int{},
		live: map[string]int{}, gateways: map[string]time.Time{}, applied: map[string]map[string][2]int{},
		ended: map[string]string{}, ready: map[string]string{}, starts: map[string]bool{}, asked: map[string]bool{}, answered: map[string]string{}, lapsed: map[string]time.Time{}, voices: map[string][]string{},
	}
}

// hear folds one event and tells which promise it breaks.
func (c *checker) hear(e events.Event) error {
	if err := c.envelope(e); err != nil {
		return err
	}
	if err := c.steps.hear(e, c.ready, c.budget); err != nil {
		return err
	}
	if err := c.errands.hear(e); err != nil {
		return err
	}
	if err := c.budget.hear(e, c.ready); err != nil {
		return err
	}
	if err := c.vacancy.hear(e, c.ready); err != nil {
		return err
	}
	switch d := e.Data.(type) {
	case events.RouteDeclared:
		return c.routed(d.OfRoute)
	case events.RouteShifted:
		return c.shifted(d)
	case events.RoutePaused:
		return c.routed(d.OfRoute)
	case events.RouteResumed:
		return c.routed(d.OfRoute)
	case events.RouteRemoved:
		return c.routed(d.OfRoute)
	case events.PoolChanged:
		if d.Generation != c.pool[d.App]+1 {
			return fmt.Errorf("pool of %s goes from %d to %d", d.App, c.pool[d.App], d.Generation)
		}
		c.pool[d.App] = d.Generation
	case events.GatewayJoined:
		c.gateways[d.Gateway] = e.Stored
		delete(c.lapsed, d.Gateway)
		for _, by := range c.applied {
			delete(by, d.Gateway)
		}
	case events.GatewayLeft:
		delete(c.gateways, d.Gateway)
	case events.LeaseLapsed:
		if d.Kind == "gateway" {
			delete(c.gateways, d.Name)
			c.lapsed[d.Name] = e.Stored
		}
	case events.LeaseResumed:
		if d.Kind == "gateway" {
			c.gateways[d.Name] = e.Stored
			delete(c.lapsed, d.Name)
		}
	case events.RoutingApplied:
		if c.applied[d.App] == nil {
			c.applied[d.App] = map[string][2]int{}
		}
		c.applied[d.App][d.Gateway] = [2]int{d.Generation, d.Pool}
	case events.SettlementReached:
		return c.settled(d, e.Stored)
	default:
		return c.lives(e)
	}
	return nil
}

// envelope: ordinals without a hole, no id twice, ids as anyone recomputes them, a
// wish answered once.
func (c *checker) envelope(e events.Event) error {
	g := e.Guard()
	c.ordinals[g]++
	if e.Ordinal != c.ordinals[g] || e.ID != events.ID(g, e.Ordinal) || c.ids[e.ID] {
		return fmt.Errorf("%s: ordinal %d, id %s; want ordinal %d, each id once", e.StreamSubject(), e.Ordinal, e.ID, c.ordinals[g])
	}
	c.ids[e.ID] = true
	if e.Wish.IsZero() {
		return nil
	}
	k := e.Wish.String()
	if first, twice := c.answered[k]; twice {
		return fmt.Errorf("wish %s is answered by %s and by %s", k, first, e.Kind.Name())
	}
	c.answered[k] = e.Kind.Name()
	return nil
}

func (c *checker) routed(r events.OfRoute) error {
	if r.Generation != c.route[r.App]+1 {
		return fmt.Errorf("route of %s goes from %d to %d", r.App, c.route[r.App], r.Generation)
	}
	c.route[r.App] = r.Generation
	return nil
}

func (c *checker) shifted(d events.RouteShifted) error {
	sum := 0
	for _, s := range d.Shares {
		sum += s.ShareBp
	}
	if len(d.Shares) > 0 && sum != 10000 {
		return fmt.Errorf("route %d of %s shares %d basis points", d.Generation, d.App, sum)
	}
	return c.routed(d.OfRoute)
}

// heardBy is how long after a gateway came a decision may not have heard of it. It
// sends nobody anywhere before it has applied that fact itself.
const heardBy = events.MaxBehind + events.SayAge

// settled: a settlement says what every live gateway has applied, never more.
func (c *checker) settled(d events.SettlementReached, now time.Time) error {
	if len(d.Gateways) == 0 {
		return fmt.Errorf("settlement %d of %s without a gateway", d.Generation, d.App)
	}
	for g, since := range c.gateways {
		a := c.applied[d.App][g]
		if now.Sub(since) > heardBy && (!slices.Contains(d.Gateways, g) || a[0] < d.Generation || a[1] < d.Pool) {
			return fmt.Errorf("settlement %d, pool %d of %s, but %s applied %v (named %v)", d.Generation, d.Pool, d.App, g, a, d.Gateways)
		}
	}
	return nil
}

// lives: at most one release of an app on its way; a promoted one has what it says;
// what has ended never starts again.
func (c *checker) lives(e events.Event) error {
	switch d := e.Data.(type) {
	case events.AppDeclared:
		c.asked[e.ID] = true
	case events.ReleasePlanned:
		if n := c.live[d.App]; n != 0 {
			return fmt.Errorf("release %d of %s planned beside live %d", d.Release, d.App, n)
		}
		if e.Wish.IsZero() && !c.asked[e.Cause] {
			return fmt.Errorf("release %d of %s was asked for by nobody (cause %s)", d.Release, d.App, e.Cause)
		}
		c.live[d.App] = d.Release
	case events.ReleasePromoted:
		return c.promoted(d)
	case events.ReleaseCompleted:
		c.end(d.OfRelease)
	case events.ReleaseRolledBack:
		c.end(d.OfRelease)
	case events.ReleaseSuperseded:
		c.end(d.OfRelease)
	case events.ReleaseStranded:
		c.end(d.OfRelease)
	case events.InstanceReady:
		c.ready[d.Instance] = d.App + "/" + releaseOf(d.Instance)
	case events.InstanceUnready:
		delete(c.ready, d.Instance)
	case events.InstanceExited:
		delete(c.ready, d.Instance)
	case events.InstanceStarting:
		k := fmt.Sprintf("%s/%d", d.Instance, d.Try)
		if how := c.ended[d.Instance]; how != "" || c.starts[k] {
			return fmt.Errorf("%s starts (try %d) though it %s", d.Instance, d.Try, how)
		}
		c.starts[k] = true
	case events.InstanceStopping:
		c.voice(d.Instance, e.Stored)
	case events.InstanceStopped:
		c.ended[d.Instance] = "stopped"
		delete(c.ready, d.Instance)
	case events.InstanceFailed:
		c.ended[d.Instance] = "failed"
	case events.PlacementEvacuated:
		delete(c.ready, d.Instance)
	case events.InstanceCompleted:
		c.ended[d.Instance] = "completed"
	}
	return nil
}

// promoted: a release that is called promoted has as many ready instances as it wants
// (GUARANTEES 2), but for one that died this moment, unheard of.
func (c *checker) promoted(d events.ReleasePromoted) error {
	n := 0
	for _, of := range c.ready {
		if of == fmt.Sprintf("%s/%d", d.App, d.Release) {
			n++
		}
	}
	if d.Available < d.Target || n+justDied < d.Target {
		return fmt.Errorf("release %d of %s promoted with %d available, %d ready, of %d", d.Release, d.App, d.Available, n, d.Target)
	}
	return nil
}

// justDied is how many instances may have gone between a decision and its fact.
const justDied = 1

// releaseOf is the release an instance id names: 7 of web-7-a1.
func releaseOf(instance string) string {
	parts := strings.Split(instance, "-")
	return parts[len(parts)-2]
}

func (c *checker) end(r events.OfRelease) {
	if c.live[r.App] == r.Release {
		c.live[r.App] = 0
	}
}

// voice notes who has a say in a stop at the moment it is said: every gateway that
// is live, or lapsed for less than the fence. One that came this moment may not have
// been heard of.
func (c *checker) voice(instance string, now time.Time) {
	c.voices[instance] = nil
	for g, since := range c.gateways {
		if now.Sub(since) > heardBy {
			c.voices[instance] = append(c.voices[instance], g)
		}
	}
	for g, at := range c.lapsed {
		if now.Sub(at) < events.Fence-fenceSlack {
			c.voices[instance] = append(c.voices[instance], g)
		}
	}
}

// fenceSlack is what latency may take off a fence as the log tells it.
const fenceSlack = 500 * time.Millisecond
