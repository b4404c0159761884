package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// orderly are gateways that order certificates of an authority that sometimes fails,
// while they crash, in simulated time.
type orderly struct {
	t         *testing.T
	w         *sim.World
	hosts     []*sim.Host
	ordinals  map[string]uint64
	lives     map[string]int // incarnation of each gateway's last joined
	orders    int
	failed    int
	cut       int // by a crash
	healed    bool
	issued    int
	certified []string
}

const certificateLife = 24 * time.Hour

func newOrderly(t *testing.T, seed uint64, gateways ...string) *orderly {
	o := &orderly{t: t, w: sim.New(seed, sim.Mild), ordinals: map[string]uint64{}, lives: map[string]int{}}
	o.w.Observe(func(e events.Event) error {
		switch d := e.Data.(type) {
		case events.GatewayJoined:
			o.lives[d.Gateway] = d.Incarnation
		case events.CertificateObtaining:
			o.orders++
			if o.w.Rand().IntN(3) == 0 { // its gateway dies in mid-order
				o.w.After(time.Duration(1+o.w.Rand().IntN(20))*time.Second, func() { o.crash(d.Gateway) })
			}
		case events.CertificateFailed:
			o.failed++
		case events.CertificateExpired:
			return fmt.Errorf("%s expired", d.Host)
		}
		return nil
	})
	var rules []events.RouteRule
	for n := range 5 {
		host := fmt.Sprintf("h%d.example.com", n)
		o.certified = append(o.certified, host)
		rules = append(rules, events.RouteRule{Host: host, Path: "/", TLS: events.TLSAuto})
	}
	o.say(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 1}, Route: events.Route{Rules: rules}})
	for _, name := range gateways {
		o.hosts = append(o.hosts, o.w.Add("gateway-"+name, func() service.Service {
			return Service(Config{Name: name, TLS: &events.GatewayTLS{Directory: "https://acme.example/dir", Store: "s1"}}, nil)
		}, &orderer{o: o, acts: map[string]bool{}}))
	}
	return o
}

// say states a fact of another owner.
func (o *orderly) say(p events.Payload) {
	k, about := events.KindOf(p), p.About()
	guard := events.Guard(k.Owner, about.App, about.Place)
	o.ordinals[guard]++
	n := o.ordinals[guard]
	o.w.Say(o.t.Fatalf, guard, sim.Fact(p, n, o.w.Now()))
}

// crash takes one down; its lease lapses if it is away for longer than that takes.
func (o *orderly) crash(name string) {
	h := o.hosts[slices.IndexFunc(o.hosts, func(h *sim.Host) bool { return h.Name == "gateway-"+name })]
	if h.Core() == nil || o.healed {
		return
	}
	life := o.lives[name]
	h.Crash(time.Duration(1+o.w.Rand().IntN(600)) * time.Second)
	o.w.After(events.LeaseTTL+100*time.Millisecond, func() {
		if h.Core() == nil && o.lives[name] == life {
			o.say(events.LeaseLapsed{Lease: events.Lease{
				OfHolder: events.OfHolder{Holder: "gateway-" + name}, Kind: Owner, Name: name, Incarnation: life,
			}})
		}
	})
}

// state is what a gateway that is up has folded.
func (o *orderly) state(h *sim.Host) *Gateway {
	g := newGateway(h.Name[len("gateway-"):])
	for n := uint64(1); n <= o.w.Log.Len(); n++ {
		if e := o.w.Log.At(n); len(keys(g.Name, e)) > 0 {
			g.evolve(e)
		}
	}
	return g
}

// orderer is a gateway's hands.
type orderer struct {
	o     *orderly
	boots int
	acts  map[string]bool
}

func (x *orderer) Boot(h *sim.Host) {
	x.boots++
	x.acts = map[string]bool{}
	h.Sense(h.Incarnation(), Boot{Nonce: fmt.Sprintf("%s-%d", h.Name, x.boots)})
}

func (x *orderer) Crash(*sim.Host) {
	for id := range x.acts {
		if strings.HasPrefix(id, "obtain/") {
			x.o.cut++
		}
	}
	x.acts = map[string]bool{}
}

func (x *orderer) Cancel(_ *sim.Host, id string)   { delete(x.acts, id) }
func (x *orderer) later(d time.Duration, f func()) { x.o.w.After(d, f) }
func (x *orderer) seconds(most int) time.Duration {
	return time.Duration(1+x.o.w.Rand().IntN(most)) * time.Second
}
func (x *orderer) still(h *sim.Host, l int, id string) bool {
	return h.Incarnation() == l && x.acts[id]
}

func (x *orderer) Do(h *sim.Host, a service.Act) {
	life := h.Incarnation()
	x.acts[a.ID] = true
	switch d := a.Data.(type) {
	case Desired:
		h.Sense(life, Applied{App: d.App, Order: d.Order, Generation: d.Generation, Pool: d.Pool})
		h.Done(life, a.ID)
	case Listen:
		h.Sense(life, Opened{})
	case OpenAccount:
		x.later(time.Second, func() {
			if x.still(h, life, a.ID) {
				h.Sense(life, Opens{Directory: d.Directory, Account: Account{Digest: "sha256:" + h.Name, Thumbprint: h.Name}})
			}
		})
	case Certificates:
		for _, s := range d.All {
			h.Sense(life, Installed{Sealed: s.Sealed})
		}
	case Obtains:
		x.later(x.seconds(30), func() {
			if x.still(h, life, a.ID) {
				h.Sense(life, x.order(d))
			}
		})
	}
}

// order is what the authority makes of one: every seventh fails.
func (x *orderer) order(d Obtains) Ordered {
	if x.o.w.Rand().IntN(7) == 0 {
		return Ordered{Host: d.Host, Order: d.Order, Reason: "the authority could not reach the host"}
	}
	x.o.issued++
	n, now := x.o.issued, x.o.w.Now()
	return Ordered{Host: d.Host, Order: d.Order, Serial: fmt.Sprint(n), Sealed: fmt.Sprintf("sha256:%d", n), NotBefore: now, NotAfter: now.Add(certificateLife)}
}

// Over days of crashes and failing orders no certificate ever ends, every gateway
// serves the same, and no more is ordered than the days, failures and cut orders explain.
func TestCertificatesOverDays(t *testing.T) {
	const days = 6
	for seed := range uint64(5) {
		o := newOrderly(t, seed, "gw1-a", "gw2-a", "gw3-a")
		for range days * 24 {
			o.w.Run(time.Hour - time.Duration(o.w.Rand().IntN(1800))*time.Second)
			o.crash([]string{"gw1-a", "gw2-a", "gw3-a"}[o.w.Rand().IntN(3)])
		}
		o.healed = true
		o.w.Heal()
		o.w.Run(10 * time.Minute)
		if o.w.Err != nil {
			t.Fatalf("seed %d: %v", seed, o.w.Err)
		}
		var first []Served
		for i, h := range o.hosts {
			g := o.state(h)
			list := g.served(Config{TLS: &events.GatewayTLS{Store: "s1"}}).All
			if i == 0 {
				first = list
			}
			if len(list) != len(o.certified) || !slices.Equal(list, first) {
				t.Errorf("seed %d: %s serves %v, the first %v", seed, h.Name, list, first)
			}
			for _, host := range o.certified {
				if c := g.Certificates[host]; !c.NotAfter.After(o.w.Now()) {
					t.Errorf("seed %d: %s of %s ended at %s", seed, h.Name, host, c.NotAfter)
				}
			}
		}
		renewals := len(o.certified) * (1 + days*24/16)
		if most := renewals + o.failed + o.cut; o.orders > most || o.orders < renewals/2 {
			t.Errorf("seed %d: %d orders, %d failed, %d cut, %d needed", seed, o.orders, o.failed, o.cut, renewals)
		}
		t.Logf("seed %d: %d orders, %d failed, %d cut, %d needed", seed, o.orders, o.failed, o.cut, renewals)
	}
}
