package plane

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/deployer"
	"slipway.dev/services/gateway/proxy"
	"slipway.dev/services/metrics"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
)

// runner is one run of Run.
type runner struct {
	RunConfig
	names      []string
	mesh       deployer.PortRange
	trusted    []netip.Prefix
	log        zerolog.Logger
	supervisor supervisor
	host       *host
	server     *bus.Server
	door       *door
	in         inherited
	owned      locks
	hangups    hangups
	program    program
}

func (r *runner) has(name string) bool { return slices.Contains(r.names, name) }

// provisions tells whether this process makes the streams.
func (r *runner) provisions() bool { return r.has("bus") || r.has(everything) }

// provision makes the streams, as often as it takes; only streams that are not as
// declared, or somebody else's, end it.
func (r *runner) provision(ctx context.Context) error {
	if r.Awaits {
		awaitRestore(ctx, r.host)
	}
	for pause := againMin; ; pause = min(2*pause, againMax) {
		warned, err := provision(ctx, r.host, r.profile())
		var drift *bus.Drift
		var told *fault.Fault
		switch {
		case err == nil || ctx.Err() != nil:
			warn(r.log, warned)
			return nil
		case errors.As(err, &told), errors.As(err, &drift), errors.Is(err, service.ErrLogReplaced):
			return unlike(r.Data, err)
		}
		r.log.Warn().Err(err).Msg("provision")
		wait.For(ctx, jitter(pause))
	}
}

func (r *runner) profile() bus.Profile { return bus.Profile{Name: r.Profile, StoreMax: r.StoreMax} }

func (r *runner) run(ctx context.Context) error {
	r.host = &host{data: r.Data, log: r.log, beats: newBeats(), drill: r.Drills, alone: len(r.names) == 1, reach: bus.Identity{
		Creds: r.Cluster.Creds, URLs: strings.Split(r.Cluster.URL, ","),
	}}
	if err := r.open(); err != nil {
		return err
	}
	if r.server != nil {
		defer r.server.Shutdown()
	}
	if r.provisions() {
		if err := r.provision(ctx); err != nil {
			return err
		}
	}
	parts, err := r.host.withDiscovery(r.parts(), r.Discovery)
	if err != nil {
		return err
	}
	crew := start(ctx, r.host, parts)
	err = r.live(ctx, crew)
	if ctx.Err() != nil {
		err = nil
	}
	if !r.door.handedOver() { // else both are the successor's
		_ = r.supervisor.tell("STOPPING=1")
		logged(r.log, removeReady(r.ReadyFile), "stop")
	}
	end, cancel := r.leaving(ctx)
	defer cancel()
	logged(r.log, crew.stop(end), "stop")
	return err
}

// open takes the addresses of what listens here.
func (r *runner) open() error {
	if r.has("gateway") {
		proxy.CollectLess()
		if err := r.openDoor(); err != nil {
			return err
		}
	}
	if !r.has("bus") {
		return nil
	}
	warned, err := folder(r.Data, r.Profile)
	if err != nil {
		return err
	}
	warn(r.log, warned)
	host, port, err := inner("nats", r.NATS)
	if err != nil {
		return err
	}
	_, held, err := claim("nats", r.NATS)
	if err != nil {
		return err
	}
	if held != nil {
		held.Close()
	}
	cluster, err := r.Peers.cluster()
	if err != nil {
		return err
	}
	o := serverOptions(r.Data, host, port, r.profile(), r.host.logger("nats"))
	if o.Cluster = cluster; cluster != nil {
		o.Name = r.id(hostname())
	}
	if r.server, err = startServer(o); err != nil {
		return err
	}
	r.host.reach = bus.Identity{Server: r.server}
	return nil
}

// openDoor takes the gateway's address: the one of the socket that was passed, else
// the one it was told.
func (r *runner) openDoor() error {
	if r.Listen == Off { // it takes calls between apps alone
		r.door = newDoor("", nil)
	} else if l := r.in.plain(); l != nil {
		r.door = newDoor(l.Addr().String(), nil)
	} else {
		listen, held, err := claim("listen", r.Listen)
		if err != nil {
			return err
		}
		r.door = newDoor(listen, held)
	}
	r.door.streams, r.door.trusted = r.Drain, r.trusted
	r.inherits(r.in)
	return r.door.claimSecure(r.TLS, r.in)
}

// parts are the participants named, those first that others need to the end.
func (r *runner) parts() (all []part) {
	if r.has("gateway") {
		all = append(all, r.host.gateway(r.slot(), r.node(), r.door))
	}
	if r.has("node") {
		all = append(all, r.host.node(r.id(hostname()), false))
	}
	if r.has("deployer") {
		all = append(all, r.host.deployer(r.Domain, r.mesh))
	}
	if r.has("registry") {
		all = append(all, r.host.registry())
	}
	if r.has(metrics.Owner) {
		all = append(all, r.host.metrics())
	}
	if r.provisions() {
		all = append(all, r.host.provisioner(provisions{r.profile(), r.LevelHold}))
	}
	if r.server != nil {
		all = append(all, r.host.store(r.server))
	}
	return all
}

func (r *runner) id(otherwise string) string {
	if r.ID != "" {
		return r.ID
	}
	return otherwise
}

// node is the one a gateway here runs on.
func (r *runner) node() string {
	if r.Node == "" && r.has("node") {
		return r.id(hostname())
	}
	return r.Node
}

// live waits until everything here is ready, says so, and waits for the end.
func (r *runner) live(ctx context.Context, c *crew) error {
	ready := Ready{}
	w := watcher{host: r.host}
	if r.door != nil && r.door.address != "" {
		w.gateway, ready.Gateway = r.door.address, address("http", r.door.address)
		ready.GatewayTLS = address("https", r.door.secure)
		if r.door.heir {
			w.live = r.door.live // a request may still be the predecessor's to answer
		}
	}
	if err := w.ready(ctx, c); err != nil {
		return err
	}
	if r.server != nil {
		ready.NATS = address("nats", hostPort(r.server.ClientURL()))
	} else if name := r.Cluster.Name; strings.HasPrefix(name, natscontext.Prefix) {
		ready.Context = &name
	}
	was := newReady(r.Data, r.Began)
	was.Context, was.NATS, was.Gateway, was.GatewayTLS = ready.Context, ready.NATS, ready.Gateway, ready.GatewayTLS
	if err := was.write(r.ReadyFile); err != nil {
		return err
	}
	_ = r.supervisor.tell("READY=1")
	go r.supervisor.pet(ctx, r.host.beats)
	if r.upgradable() != "" {
		return c.wait(ctx)
	}
	return r.serve(ctx, c)
}
