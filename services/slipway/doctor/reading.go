package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
)

// reading is what the log says of nodes, gateways and routes now.
type reading struct {
	head    events.Position
	profile string
	node    map[string]*nodeIs
	gateway map[string]bool           // live
	route   map[string]int            // newest generation of each app's route
	applied map[string]map[string]int // by gateway and app

	certificate map[string]*certificate // by host
}

type nodeIs struct {
	live    bool
	drivers []string
	joined  events.Position
}

// read folds the log up to its present end.
func (r *reading) read(ctx context.Context, b *bus.Bus) error {
	*r = reading{node: map[string]*nodeIs{}, gateway: map[string]bool{}, route: map[string]int{}, applied: map[string]map[string]int{}}
	for _, filter := range []string{
		"slipway.event.*.provisioner.>", "slipway.event.*.node.*.node.>", "slipway.event.*.gateway.*.gateway.>",
		"slipway.event.*.registry.*.lease.>", "slipway.event.*.deployer._.route.>", "slipway.event.*.gateway.*.routing.applied",
		"slipway.event._.placer.*.evacuation.finished", "slipway.event.*.gateway.*.certificate.>",
	} {
		if err := b.Fetch(ctx, filter, events.Position{}, events.Position{}, r.hear); err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
	}
	head, err := b.Head(ctx)
	r.head = head
	return err
}

func (r *reading) hear(m service.Message) error {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	if err == nil { // what nobody can read is told of by its dead letter
		r.fold(e)
	}
	return nil
}

func (r *reading) fold(e events.Event) {
	switch d := e.Data.(type) {
	case events.ClusterFounded:
		r.profile = d.Profile
	case events.NodeJoined:
		r.node[d.Node] = &nodeIs{true, d.Drivers, e.Pos}
	case events.NodeLeft:
		delete(r.node, d.Node)
	case events.EvacuationFinished: // read after the leases: one that was given up may be back
		if n := r.node[d.Node]; n != nil && d.Cause == events.EvacuationRemoval && !n.live && e.Pos.After(n.joined) {
			delete(r.node, d.Node)
		}
	case events.GatewayJoined:
		r.gateway[d.Gateway] = true
	case events.GatewayLeft:
		delete(r.gateway, d.Gateway)
	case events.LeaseLapsed:
		r.lives(d.Lease, false)
	case events.LeaseResumed:
		r.lives(d.Lease, true)
	case events.RoutingApplied:
		if r.applied[d.Gateway] == nil {
			r.applied[d.Gateway] = map[string]int{}
		}
		r.applied[d.Gateway][d.App] = d.Generation
	case events.RouteDeclared:
		r.route[d.App] = d.Generation
	case events.RouteShifted:
		r.route[d.App] = max(r.route[d.App], d.Generation)
	case events.RoutePaused:
		r.route[d.App] = max(r.route[d.App], d.Generation)
	case events.RouteResumed:
		r.route[d.App] = max(r.route[d.App], d.Generation)
	case events.RouteRemoved:
		delete(r.route, d.App)
	default:
		r.foldCertificate(e)
	}
}

func (r *reading) lives(l events.Lease, live bool) {
	switch l.Kind {
	case "node":
		if n := r.node[l.Name]; n != nil {
			n.live = live
		}
	case "gateway":
		if _, known := r.gateway[l.Name]; known {
			r.gateway[l.Name] = live
		}
	}
}

func (r *reading) nodes() Check {
	for _, name := range slices.Sorted(maps.Keys(r.node)) {
		if !r.node[name].live {
			return fail("slipway nodes", "%s is silent", name)
		}
	}
	if len(r.node) == 0 {
		return fail("slipway run node", "there is no node")
	}
	return ok("%s alive", strings.Join(slices.Sorted(maps.Keys(r.node)), ", "))
}

func (r *reading) drivers() Check {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(r.node)) {
		if len(r.node[name].drivers) == 0 {
			return fail("slipway nodes -o wide", "%s can run nothing", name)
		}
		words = append(words, name+": "+strings.Join(r.node[name].drivers, ", "))
	}
	if len(words) == 0 {
		return skip("there is no node")
	}
	return ok("%s", strings.Join(words, "; "))
}

func (r *reading) gateways() Check {
	for _, name := range slices.Sorted(maps.Keys(r.gateway)) {
		if !r.gateway[name] {
			return fail("slipway run gateway", "%s is silent", name)
		}
		for _, app := range slices.Sorted(maps.Keys(r.route)) {
			if got := r.applied[name][app]; got < r.route[app] {
				return fail("slipway why "+app, "%s serves %s by route %d, the newest is %d", name, app, got, r.route[app])
			}
		}
	}
	if len(r.gateway) == 0 {
		return fail("slipway run gateway", "there is no gateway")
	}
	return ok("%s, %s applied", strings.Join(slices.Sorted(maps.Keys(r.gateway)), ", "), plural(len(r.route), "route"))
}
