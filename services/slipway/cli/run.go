package cli

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway.dev/services/gateway/edge"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
	"slipway.dev/services/slipway/plane"
)

func newRunCommand(env *Env) *cobra.Command {
	r := runFlags{RunConfig: plane.RunConfig{Getenv: env.Getenv, Began: env.Began}}
	cmd := &cobra.Command{
		Use: "run NAME[,NAME…]", Args: cobra.ExactArgs(1),
		Short: "Run some participants: " + strings.Join(plane.Names, ", "),
		Example: "  slipway run bus --data /var/lib/slipway\n" +
			"  slipway run node --nats nats://127.0.0.1:4222 --id n1",
		Annotations: annotated("local", "0 1 2 6 130"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Names = strings.Split(args[0], ",")
			return r.run(cmd, env)
		},
	}
	r.register(cmd.Flags())
	return cmd
}

type runFlags struct {
	plane.RunConfig
	nats, creds, config string
}

func (r *runFlags) register(f *pflag.FlagSet) {
	f.StringVar(&r.Data, "data", ".slipway/run", "folder of what must outlive the process (under systemd: its StateDirectory)")
	f.StringVar(&r.nats, "nats", "", "servers to join; of a bus, the address it listens on (default 127.0.0.1:4222)")
	f.StringVar(&r.creds, "creds", "", "credentials file")
	f.StringVar(&r.config, "config", "", "YAML file with the values of flags not given")
	f.StringVar(&r.Listen, "listen", "127.0.0.1:8080", "address of the gateway, or off: it serves calls between apps alone")
	tlsFlags(f, &r.TLS)
	trustFlag(f, &r.Trusted)
	f.DurationVar(&r.Drain, "drain", edge.StreamsMax, "of a gateway, how long its streams live on once a successor serves")
	f.String("ui", plane.Off, "address of the dashboard, or off")
	f.String("metrics", plane.Off, "address of the metrics, or off")
	f.StringVar(&r.Discovery, "discovery", plane.Off, "address of plain HTTP reads of the endpoints, or off")
	f.StringVar(&r.ID, "id", "", "name of the node or of a cluster's bus (default: of the machine), or the gateway's slot (default: "+plane.DevGateway+")")
	f.StringVar(&r.Profile, "profile", "single", "how a bus makes its streams: dev, single or cluster")
	f.StringVar(&r.Domain, "default-domain", "localhost", "of a deployer, an app without a host answers as <app>.<domain>")
	f.StringVar(&r.Peers.Address, "cluster", "", "of a bus, the address at which the other servers of its cluster reach it")
	f.StringSliceVar(&r.Peers.Routes, "routes", nil, "of a bus, such addresses of all servers: nats://HOST:PORT,…")
	f.BoolVar(&r.Awaits, "await-restore", false, "of a cluster's bus, make no log: slipway restore FILE --nats SERVERS does")
	f.Int64Var(&r.StoreMax, "store-max", 0, "bytes of all streams of a bus together (default: as declared, at most half of the free disk)")
	f.StringVar(&r.ReadyFile, "ready-file", "", "file written when everything here answers")
	f.StringVar(&r.Node, "node", "", "of a gateway, the node it runs on and whose apps call one another by it (default: one in the same process)")
	f.StringVar(&r.MeshPorts, "mesh-ports", plane.MeshPorts, "of a deployer, ports of every node at which apps reach one another")
	levelFlag(f, &r.LevelHold)
	drillsFlag(f, &r.Drills, false)
	logFlags(f, &r.Log)
}

const busAddress = "127.0.0.1:4222"

func (r *runFlags) run(cmd *cobra.Command, env *Env) error {
	if err := fromFile(cmd, r.config); err != nil {
		return err
	}
	r.Data = dataFolder(cmd, r.Data, env)
	r.Log.Stderr = env.Err
	if err := oneOf("profile", r.Profile, []string{"dev", "single", "cluster"}); err != nil {
		return err
	}
	if err := badID(r.ID); err != nil {
		return err
	}
	if r.StoreMax < 0 {
		return fault.New("SLW-U002", "--store-max %d: must be more than nothing", r.StoreMax)
	}
	if err := r.join(env); err != nil {
		return err
	}
	return env.taken(plane.Run(cmd.Context(), r.RunConfig), r.Data)
}

// An id is a word in the names of subjects, connections and files. Dots are those of a
// host's name.
var soundID = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]|\.[A-Za-z0-9])*$`)

// idMax is the longest name there may be.
const idMax = 80

func badID(id string) error {
	if id == "" || len(id) <= idMax && soundID.MatchString(id) && id != "all" {
		return nil
	}
	return fault.New("SLW-U002", "--id %q cannot be the name of a participant", id).
		Because(fmt.Sprintf("a name is 1 to %d of A-Z, a-z, 0-9, . _ and -, and not \"all\"", idMax))
}

// dataFolder is what --data says, else the first folder systemd gives a unit with
// StateDirectory=.
func dataFolder(cmd *cobra.Command, said string, env *Env) string {
	first, _, _ := strings.Cut(env.Getenv("STATE_DIRECTORY"), ":")
	if first == "" || cmd.Flags().Changed("data") {
		return said
	}
	return first
}

// join finds out which bus: the one in this process, the one named, or the context's.
func (r *runFlags) join(env *Env) (err error) {
	for _, name := range r.Names {
		if name == "bus" {
			if r.NATS = r.nats; r.NATS == "" {
				r.NATS = busAddress
			}
			return nil
		}
	}
	if r.nats != "" {
		if err := badServers("--nats", r.nats); err != nil {
			return err
		}
		r.Cluster = natscontext.Context{Name: r.nats, URL: r.nats, Creds: r.creds}
		return nil
	}
	r.Cluster, err = env.Cluster()
	return err
}
