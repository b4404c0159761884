package longlog

import (
	"fmt"

	"slipway.dev/events"
)

// gateway is the one way in.
const gateway = "gw1-a"

// fleet founds a cluster of nodes and a gateway.
func (t *teller) fleet(nodes int) {
	var none events.Event
	t.say(none, "the log is empty", events.ClusterFounded{Cluster: "long", Level: events.Level, Profile: "dev"})
	for i := range nodes {
		n := node(i)
		joined := t.say(none, "boot 1", events.NodeJoined{OfNode: events.OfNode{Node: n}, Incarnation: 1, NodeDescription: events.NodeDescription{
			Address: "127.0.0.1", Arch: "amd64", Os: "linux", Drivers: []string{events.DriverProcess}, CPUMilli: 4_000_000, MemoryBytes: 1 << 42,
		}})
		t.say(joined, "heard", events.LeaseGranted{Lease: lease("node", n)})
	}
	joined := t.say(none, "start 1", events.GatewayJoined{OfGateway: events.OfGateway{Gateway: gateway, Incarnation: 1}, Addresses: []string{"127.0.0.1:8080"}})
	t.say(joined, "heard", events.LeaseGranted{Lease: lease("gateway", gateway)})
}

// leave takes the fleet down: whoever opens the log later brings its own.
func (t *teller) leave(nodes int) {
	var none events.Event
	for i := range nodes {
		left := t.say(none, "stopped", events.NodeLeft{OfNode: events.OfNode{Node: node(i)}})
		t.say(left, "it left", events.LeaseReleased{Lease: lease("node", node(i))})
	}
	left := t.say(none, "stopped", events.GatewayLeft{OfGateway: events.OfGateway{Gateway: gateway, Incarnation: 1}})
	t.say(left, "it left", events.LeaseReleased{Lease: lease("gateway", gateway)})
}

// node is the name of a node; none of them is that of a development cluster.
func node(i int) string { return fmt.Sprintf("m%d", i+1) }

func lease(kind, name string) events.Lease {
	return events.Lease{OfHolder: events.OfHolder{Holder: kind + "-" + name}, Kind: kind, Name: name, Incarnation: 1}
}
