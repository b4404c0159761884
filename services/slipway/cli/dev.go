package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway.dev/services/provisioner"
	"slipway.dev/services/slipway/plane"
)

func newDevCommand(env *Env) *cobra.Command {
	c := plane.DevConfig{Banner: env.Err, Getenv: env.Getenv, Began: env.Began}
	cmd := &cobra.Command{
		Use: "dev", Args: cobra.NoArgs,
		Short: "Run all of Slipway in this process: one node, one gateway, the log embedded",
		Example: "  slipway dev\n" +
			"  slipway dev --listen 127.0.0.1:0 --nats 127.0.0.1:0 --ready-file ready.json",
		Annotations: annotated("local", "0 1 2 6 130"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.Context = env.Context; c.Context == "" {
				c.Context = "dev"
			}
			c.Log.Stderr, c.Log.Terminal = env.Err, terminal(env.Err)
			return env.beside(cmd, plane.Dev(cmd.Context(), c), c)
		},
	}
	devFlags(cmd.Flags(), &c)
	return cmd
}

func devFlags(f *pflag.FlagSet, c *plane.DevConfig) {
	f.StringVar(&c.Data, "data", ".slipway/dev", "folder of the log and the workloads")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "address of the gateway")
	tlsFlags(f, &c.TLS)
	trustFlag(f, &c.Trusted)
	f.StringVar(&c.UI, "ui", "127.0.0.1:8480", "address of the dashboard, or off")
	f.StringVar(&c.NATS, "nats", "127.0.0.1:4222", "address of the embedded nats-server")
	f.StringVar(&c.Metrics, "metrics", "127.0.0.1:9090", "address of the metrics, or off")
	f.StringVar(&c.Alerting, "alerting", "127.0.0.1:9093", "address of the alerts, or off")
	f.StringVar(&c.Discovery, "discovery", plane.Off, "address of plain HTTP reads of the endpoints, or off")
	f.StringVar(&c.ReadyFile, "ready-file", "", "file written when everything answers")
	f.BoolVar(&c.Expose, "expose", false, "listen beyond this machine")
	f.StringVar(&c.Domain, "default-domain", "localhost", "an app without a host answers as <app>.<domain>")
	f.Int64Var(&c.StoreMax, "store-max", 0, "bytes of all streams together (default: 2 GiB)")
	f.StringVar(&c.MeshPorts, "mesh-ports", plane.MeshPorts, "ports of this machine at which apps reach one another")
	levelFlag(f, &c.LevelHold)
	drillsFlag(f, &c.Drills, true)
	logFlags(f, &c.Log)
}

// tlsFlags are how a gateway serves by TLS.
func tlsFlags(f *pflag.FlagSet, t *plane.TLS) {
	f.StringVar(&t.Listen, "listen-tls", plane.Off, "address of the gateway for TLS, or off")
	f.IntVar(&t.Port, "tls-port", 0, "of a gateway, port at which clients find --listen-tls, where something maps that port to it (default: its own)")
	f.StringVar(&t.CertDir, "cert-dir", "", "of a gateway, folder of certificates: HOST.crt beside HOST.key, or fullchain.pem beside privkey.pem")
	f.StringVar(&t.Directory, "acme-directory", "", "of a gateway, URL of the ACME directory that tls: auto obtains by")
	f.StringVar(&t.Email, "acme-email", "", "of a gateway, where that authority writes to")
	f.StringVar(&t.Roots, "acme-roots", "", "of a gateway, file of that authority's roots (default: the system's)")
}

// trustFlag names whoever is in front of a gateway.
func trustFlag(f *pflag.FlagSet, proxies *[]string) {
	f.StringSliceVar(proxies, "trusted-proxies", nil, "of a gateway, networks of the proxies in front of it: their forwarded headers are believed (10.0.0.0/8,…)")
}

// levelFlag is the configuration's level.hold: no flag that help shows.
func levelFlag(f *pflag.FlagSet, hold *time.Duration) {
	const name = "level-hold"
	f.DurationVar(hold, name, provisioner.DefaultHold, "how long everybody must have read a new event level before it is written")
	_ = f.MarkHidden(name) // it is there: the line above made it
}

// drillsFlag is the configuration's drills: no flag that help shows.
func drillsFlag(f *pflag.FlagSet, drills *bool, otherwise bool) {
	const name = "drills"
	f.BoolVar(drills, name, otherwise, "node and gateway fail on purpose when a drill asks them to")
	_ = f.MarkHidden(name) // it is there: the line above made it
}

func logFlags(f *pflag.FlagSet, l *plane.Log) {
	f.StringVar(&l.Level, "log-level", "warn", "trace, debug, info, warn or error")
	f.StringVar(&l.File, "log", "", "file of the log lines (default: stderr)")
}
