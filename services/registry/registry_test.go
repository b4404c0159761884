package registry

import (
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

func TestScripts(t *testing.T) {
	script.Run(t, "testdata", func() service.Service { return Service(Config{}) },
		script.Silence(events.K[events.LeaseLapsed](), events.K[events.LeaseResumed](), events.K[events.BrakeEngaged](), events.K[events.BrakeReleased]()))
}

// What is said of endpoints from outside rests on their own leases alone.
func TestScriptsOfOutsideEndpoints(t *testing.T) {
	cfg := Config{Bus: []string{"127.0.0.1:4222", "bus.example.com:4222"}}
	script.Run(t, "testdata/outside", func() service.Service { return Service(cfg) },
		script.Silence(events.K[events.LeaseLapsed](), events.K[events.BrakeEngaged](), events.K[events.BrakeReleased](),
			events.K[events.EndpointAvailable](), events.K[events.EndpointUnavailable](), events.K[events.PoolChanged]()))
}

func TestScriptsOfACluster(t *testing.T) {
	cluster := Config{TTL: events.LeaseTTLCluster, Fence: events.Fence}
	script.Run(t, "testdata/cluster", func() service.Service { return Service(cluster) }, script.Silence(events.K[events.LeaseLapsed]()))
}

// An app with more endpoints than its live list can hold has the others refused, and
// takes them in when there is room.
func TestFullPoolRefusesAndTakesInLater(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	log := &script.Log{}
	tell(t, log, now, events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 1})
	of := func(i int) events.OfInstance {
		return events.OfInstance{App: "web", Node: "n1", Instance: fmt.Sprintf("web-1-a%04d", i)}
	}
	for i := range events.MaxEndpoints + 1 {
		tell(t, log, now, events.InstanceStarted{OfInstance: of(i), Boot: 1, Address: "10.0.0.1:1"})
	}
	c := newCopy(log, now)
	c.rest(t, now)
	last := of(events.MaxEndpoints).Instance
	if r, ok := lastOf[events.EndpointRefused](log); !ok || r.Endpoint.Endpoint != last || r.Cause != "pool-full" {
		t.Fatalf("refused %+v, want %s", r, last)
	}
	tell(t, log, now, events.InstanceStopped{OfInstance: of(7)})
	c.hear()
	c.rest(t, now)
	if r, _ := lastOf[events.EndpointRegistered](log); r.Endpoint.Endpoint != last {
		t.Errorf("last registered is %s, want %s", r.Endpoint.Endpoint, last)
	}
}

// lastOf is the last fact of a kind.
func lastOf[P events.Payload](log *script.Log) (p P, ok bool) {
	for _, e := range log.Events() {
		if d, is := e.Data.(P); is {
			p, ok = d, true
		}
	}
	return p, ok
}

// What is said of a lease of an earlier life is said of nobody: the process that lives has
// its own.
func TestALeaseIsOfOneLife(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	f := &Fleet{}
	of := func(boot int) events.Lease {
		return events.Lease{OfHolder: events.OfHolder{Holder: "gateway-gw1-a"}, Kind: "gateway", Name: "gw1-a", Incarnation: boot}
	}
	say := func(p events.Payload) { f.fold(events.Event{Kind: events.KindOf(p), Time: now, Data: p}) }
	join := func(boot int) {
		say(events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: boot}})
	}
	join(1)
	join(2)
	say(events.LeaseLapsed{Lease: of(1)})
	if got := f.live(); len(got) != 1 {
		t.Errorf("live are %v after the lease of an earlier life lapsed", got)
	}
	say(events.LeaseLapsed{Lease: of(2)})
	say(events.LeaseResumed{Lease: of(1)})
	if got := f.live(); len(got) != 0 {
		t.Errorf("live are %v after the lease of an earlier life was resumed", got)
	}
}
