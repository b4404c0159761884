package plane

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"slipway.dev/services/slipway/natscontext"
)

// RunConfig is what `slipway run` runs and where.
type RunConfig struct {
	Names     []string            // of Names
	Cluster   natscontext.Context // whom to join; not needed for a bus
	Data      string
	Listen    string   // the gateway
	TLS       TLS      // of the gateway
	Trusted   []string // proxies in front of the gateway whose forwarded headers are believed
	NATS      string   // the bus
	Peers     Peers    // of a bus: the other servers of its cluster
	ID        string   // of the node, the gateway's slot, or the server of a cluster
	Profile   string   // of a bus: dev, single, cluster
	Domain    string   // an app without a host answers as <app>.<Domain>
	StoreMax  int64    // bytes of the log and all beside it
	Discovery string   // address of plain reads of the lists of endpoints; Off or empty: none
	Node      string   // of a gateway: the node it runs on, whose apps call others by it; empty: none
	MeshPorts string   // range of the ports at which apps reach one another; empty: MeshPorts
	ReadyFile string
	Log       Log
	Getenv    func(string) string
	Began     time.Time     // of the process
	Drain     time.Duration // of a gateway: how long streams live on once a successor serves
	Drills    bool          // of a node or gateway: it fails on purpose when it is asked to
	LevelHold time.Duration // of a bus: how long all must have read a new event level; 0 is ten minutes
	Awaits    bool          // of a bus: it makes no log where there is none, a backup is to be restored into its cluster
}

// Run runs some participants until ctx ends. A bus that is away is waited for. A
// node leaves its workloads running: the next one adopts them.
func Run(ctx context.Context, c RunConfig) error {
	names, err := chosen(c.Names)
	if err != nil {
		return err
	}
	r := &runner{RunConfig: c, names: names, supervisor: supervisorOf(c.Getenv)}
	if err := r.check(); err != nil {
		return err
	}
	if r.has("gateway") {
		if r.in, err = inherit(c.Getenv); err != nil {
			return err
		}
	}
	if r.owned, err = r.own(names, r.in); err != nil {
		return err
	}
	defer r.owned.release()
	clearPid, err := notePid(r.Data, names)
	defer clearPid()
	if err != nil {
		return err
	}
	if r.in.heir == nil { // else it is the predecessor's until this one is ready
		if err := removeReady(c.ReadyFile); err != nil {
			return err
		}
	}
	var done func()
	if r.log, done, err = c.Log.open(r.Data); err != nil {
		return err
	}
	defer done()
	r.hangups = hearHangups()
	defer r.hangups.stop()
	if r.program, err = thisProgram(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if why := r.upgradable(); why != "" {
		ctx = r.hangups.refuse(ctx, r.log, why)
	}
	return r.run(ctx)
}

// check reads what was configured, before anything is touched.
func (r *runner) check() (err error) {
	if err := r.Peers.check(r.Profile, r.names); err != nil {
		return err
	}
	if err := r.awaits(); err != nil {
		return err
	}
	if r.mesh, err = meshPorts(r.MeshPorts); err != nil {
		return err
	}
	if err := r.TLS.check(); err != nil {
		return err
	}
	if r.trusted, err = trusted(r.Trusted); err != nil {
		return err
	}
	if r.Data, err = filepath.Abs(r.Data); err != nil {
		return fmt.Errorf("find data folder: %w", err)
	}
	return nil
}
