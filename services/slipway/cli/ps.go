package cli

import (
	"context"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

func newPsCommand(env *Env) *cobra.Command {
	var all bool
	var at string
	cmd := &cobra.Command{
		Use: "ps [APP]", Short: "List the instances", Args: cobra.MaximumNArgs(1),
		Example:     "  slipway ps\n  slipway ps shop --all --at 10m",
		Annotations: annotated("read", "0 3 5"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			app, read := "", env.looking
			switch {
			case len(args) == 1 && all:
				app, read = args[0], func(ctx context.Context, at string, look func(context.Context, *session) error) error {
					return env.asking(ctx, at, only(app), look)
				}
			case len(args) == 1:
				app = args[0]
			case all:
				read = env.remembering
			}
			return read(cmd.Context(), at, func(_ context.Context, s *session) error {
				if app != "" {
					if _, err := s.app(app); err != nil {
						return s.elsewhere(err)
					}
				}
				list := s.log.Instances(app, all)
				return s.show(s.document("InstanceList", list), func(w io.Writer) error { return s.psTable(w, list) })
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "those that have ended too")
	atFlag(cmd, &at)
	return cmd
}

func (s *session) psTable(w io.Writer, list []view.Instance) error {
	columns := []string{"INSTANCE", "RELEASE", "VERSION", "NODE", "STATE", "RESTARTS", "STARTED", "REASON"}
	if s.Output == "wide" {
		columns = []string{"INSTANCE", "RELEASE", "VERSION", "NODE", "STATE", "RESTARTS", "STARTED", "DRIVER", "ADDRESS", "PID", "EXIT", "REASON"}
	}
	t := output.NewTable(columns...)
	for _, i := range list {
		row := []string{
			i.ID, view.ReleaseName(i.App, i.Release), i.Version, i.Node, i.State, strconv.Itoa(i.Restarts),
			output.Clock(i.StartedAt.Time, s.Now(), s.UTC),
		}
		if s.Output == "wide" {
			row = append(row, i.Driver, i.Address, number(i.Pid), exitCode(i))
		}
		t.Row(append(row, i.Reason)...)
	}
	return t.Write(w, s.width(w))
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func exitCode(i view.Instance) string {
	if i.ExitCode == nil {
		return ""
	}
	return strconv.Itoa(*i.ExitCode)
}
