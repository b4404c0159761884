package plane

import (
	"context"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/registry"
)

// member is a participant that keeps nothing of its own: it lives from the bus alone,
// any number of copies of it. Run gets its bus, and what drives a service on it.
func (h *host) member(name string, run func(context.Context, line, bus.LeaseTimes, drive) error) part {
	return part{name: name, log: h.logger(name), run: func(ctx context.Context, ready func()) error {
		b, err := h.connect(ctx, name)
		if err != nil {
			return err
		}
		defer b.Close()
		times, err := leaseTimesOf(ctx, b.Bus)
		if err != nil {
			return err
		}
		opt := h.options(name, ready)
		opt.Lease = times.Every
		return run(ctx, b, times, func(svc service.Service) error { return h.drive(ctx, svc, b, opt, busKeeper{b.Bus, name}) })
	}}
}

// drive runs a service until its member is to end.
type drive func(service.Service) error

// core is a member without hands.
func (h *host) core(name string, of func(*bus.Bus, bus.LeaseTimes) service.Service) part {
	return h.member(name, func(_ context.Context, b line, times bus.LeaseTimes, run drive) error {
		return run(of(b.Bus, times))
	})
}

func (h *host) registry() part {
	return h.core("registry", func(b *bus.Bus, l bus.LeaseTimes) service.Service {
		return registry.Service(registry.Config{TTL: l.TTL, Bus: b.Servers()})
	})
}

// deployer holds the placer too.
func (h *host) deployer(defaultDomain string, mesh deployer.PortRange) part {
	return h.core("deployer", func(b *bus.Bus, l bus.LeaseTimes) service.Service {
		svc := deployer.Service(deployer.Config{DefaultDomain: defaultDomain, Check: rules, LeaseTTL: l.TTL, MeshPorts: mesh})
		svc.Driver = room{b}
		return svc
	})
}

// rules are the app file's, for wishes from anywhere.
func rules(doc events.Document) (all []events.Refusal) {
	for _, v := range appfile.Check(doc) {
		all = append(all, v.Refusal())
	}
	return all
}
