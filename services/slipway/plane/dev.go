package plane

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/deployer"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
	"slipway.dev/services/slipway/version"
)

// Names of the one node and the one gateway of a development cluster.
const (
	DevNode    = "n1"
	DevGateway = "gw1-a"
)

const (
	startWait = time.Minute             // then something is wrong that time does not mend
	stopWait  = 4500 * time.Millisecond // of the five seconds a person is promised
)

// DevConfig is where `slipway dev` works and listens. Addresses are host:port; port
// 0 is any free one.
type DevConfig struct {
	Data      string
	Listen    string   // the gateway
	TLS       TLS      // of the gateway
	Trusted   []string // proxies in front of the gateway whose forwarded headers are believed
	UI        string   // accepted, until there is a page
	NATS      string
	Metrics   string // accepted, until there are metrics
	Alerting  string // accepted, until there is alerting
	Discovery string // plain reads of the lists of endpoints; Off or empty: none
	ReadyFile string // empty: none
	Context   string // name of the context written
	Expose    bool
	Domain    string // an app without a host answers as <app>.<Domain>
	StoreMax  int64  // bytes of the log and all beside it; 0 is 2 GiB
	MeshPorts string // range of the ports at which apps reach one another; empty: MeshPorts
	Log       Log
	Banner    io.Writer
	Getenv    func(string) string
	Began     time.Time     // of the process
	Drills    bool          // node and gateway fail on purpose when they are asked to
	LevelHold time.Duration // how long all must have read a new event level; 0 is ten minutes

	// Up is called once everything is ready, before the wait for the end; nil: nothing.
	Up func(ctx context.Context, r Ready)

	mesh    deployer.PortRange
	trusted []netip.Prefix
}

// Dev runs the whole of Slipway in this process until ctx ends, then takes its
// workloads along and ends within five seconds.
func Dev(ctx context.Context, c DevConfig) error {
	if err := c.check(); err != nil {
		return err
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("find data folder: %w", err)
	}
	owned, err := lock(data, "bus", "node", "gateway")
	if err != nil {
		return err
	}
	defer owned.release()
	if err := removeReady(c.ReadyFile); err != nil {
		return err
	}
	d := &dev{DevConfig: c, data: data, home: natscontext.HomeOf(c.Getenv), supervisor: supervisorOf(c.Getenv)}
	return d.run(ctx)
}

// dev is one run of Dev.
type dev struct {
	DevConfig
	data       string
	home       natscontext.Home
	supervisor supervisor
	host       *host
	door       *door
	nats       string // the real host:port
	warned     []bus.Hazard
}

func (d *dev) run(ctx context.Context) error {
	log, done, err := d.Log.open(d.data)
	if err != nil {
		return err
	}
	defer done()
	hangups := hearHangups()
	defer hangups.stop()
	ctx = hangups.refuse(ctx, log, "slipway dev is one process; a gateway of its own, by slipway run gateway, is replaced while it serves")
	if err := d.unclaimed(); err != nil {
		return err
	}
	if d.warned, err = folder(d.data, profileDev); err != nil {
		return err
	}
	server, err := d.open(log)
	if err != nil {
		return err
	}
	defer server.Shutdown()
	d.host = &host{data: d.data, reach: bus.Identity{Server: server}, log: log, beats: newBeats(), drill: d.Drills}
	begin, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	warned, err := provision(begin, d.host, d.profile())
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return unlike(d.data, err)
	}
	d.warned = append(d.warned, warned...)
	warn(log, d.warned)
	parts, err := d.host.withDiscovery([]part{
		d.host.gateway(DevGateway, DevNode, d.door), d.host.node(DevNode, true),
		d.host.deployer(d.Domain, d.mesh), d.host.registry(), d.host.metrics(), d.host.provisioner(provisions{d.profile(), d.LevelHold}),
		d.host.store(server),
	}, d.Discovery)
	if err != nil {
		return err
	}
	crew := start(ctx, d.host, parts)
	err = watcher{host: d.host, gateway: d.door.address, within: startWait}.ready(ctx, crew)
	if err == nil {
		err = d.live(ctx, crew)
	}
	if ctx.Err() != nil {
		err = nil // a stop before it was ready is a stop
	}
	_ = d.supervisor.tell("STOPPING=1")
	logged(log, removeReady(d.ReadyFile), "stop")
	end, cancelEnd := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer cancelEnd()
	logged(log, crew.stop(end), "stop")
	return err
}

func (d *dev) profile() bus.Profile { return bus.Profile{Name: profileDev, StoreMax: d.StoreMax} }

// open takes the addresses and starts the server.
func (d *dev) open(log zerolog.Logger) (*bus.Server, error) {
	listen, held, err := claim("listen", d.Listen)
	if err != nil {
		return nil, err
	}
	d.door = newDoor(listen, held)
	d.door.trusted = d.trusted
	if err := d.door.claimSecure(d.TLS, inherited{}); err != nil {
		d.door.close()
		return nil, err
	}
	if _, held, err = claim("nats", d.NATS); err != nil {
		d.door.close()
		return nil, err
	}
	if held != nil {
		held.Close() // the server finds a free port by itself
	}
	host, port, _ := split("nats", d.NATS)
	server, err := startServer(serverOptions(d.data, host, port, d.profile(), log.With().Str("participant", "nats").Logger()))
	if err != nil {
		d.door.close()
		return nil, err
	}
	d.nats = hostPort(server.ClientURL())
	return server, nil
}

// live says that everything is ready and waits for the end.
func (d *dev) live(ctx context.Context, c *crew) error {
	if err := d.home.Save(d.context()); err != nil {
		return err
	}
	r := newReady(d.data, d.Began)
	name := d.Context
	r.Context, r.NATS, r.Gateway = &name, address("nats", d.nats), address("http", d.door.address)
	r.GatewayTLS = address("https", d.door.secure)
	if err := r.write(d.ReadyFile); err != nil {
		return err
	}
	d.banner(r)
	_ = d.supervisor.tell("READY=1")
	go d.supervisor.pet(ctx, d.host.beats)
	if d.Up != nil {
		go d.Up(ctx, r)
	}
	return c.wait(ctx)
}

func (d *dev) context() natscontext.Context {
	return natscontext.Context{
		Name: d.Context, URL: "nats://" + d.nats, InboxPrefix: natscontext.Inbox,
		Description: fmt.Sprintf("slipway %s, data %s", version.Number, d.data),
	}
}

// unclaimed refuses to take a running cluster's name.
func (d *dev) unclaimed() error {
	there, err := d.home.Load(d.Context)
	if err != nil {
		return nil // nobody's, or unreadable and so replaced
	}
	if natscontext.Look(there) != nil {
		return nil // stale
	}
	return fault.New("SLW-C007", "context %s belongs to a running cluster at %s", there.Name, there.URL).
		Because(there.Description)
}
