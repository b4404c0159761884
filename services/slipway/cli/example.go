package cli

import (
	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/example"
	"slipway.dev/services/slipway/fault"
)

func newExampleCommand(env *Env) *cobra.Command {
	var call string
	c := example.Config{Port: env.Getenv("PORT"), Out: env.Out}
	cmd := &cobra.Command{
		Use: "example http|worker", Hidden: true, Args: cobra.ExactArgs(1),
		Short:   "Run the demonstration workload",
		Example: "  PORT=8081 slipway example http --version v1\n  slipway example worker",
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.Version == "" {
				c.Version = env.Getenv("VERSION")
			}
			if call != "" {
				if c.Call = env.Getenv(events.MeshURL(call)); c.Call == "" {
					return fault.New("SLW-U002", "--call %s: %s is not set", call, events.MeshURL(call))
				}
			}
			switch args[0] {
			case "http":
				return c.HTTP(cmd.Context())
			case "worker":
				return c.Worker(cmd.Context())
			}
			return fault.New("SLW-U002", "example %q is neither http nor worker", args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&call, "call", "", "app whose answers it passes on, called at $<NAME>_URL")
	f.StringVar(&c.Ledger, "ledger", "", "file to which it adds the id of each request and the instance")
	f.StringVar(&c.Version, "version", "", "what it answers (default: $VERSION, else v1)")
	f.Float64Var(&c.FailRatio, "fail-ratio", 0, "share of requests answered with 500")
	f.DurationVar(&c.Delay, "delay", 0, "time each request takes")
	f.DurationVar(&c.StartDelay, "start-delay", 0, "time until it listens")
	f.DurationVar(&c.ExitAfter, "exit-after", 0, "time until it ends with status 1")
	return cmd
}
