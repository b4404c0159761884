package cli

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/output"
)

func newHistoryCommand(env *Env) *cobra.Command {
	var n count
	var at string
	cmd := &cobra.Command{
		Use: "history APP", Short: "List an app's releases, the newest first", Args: cobra.ExactArgs(1),
		Example:     "  slipway history shop\n  slipway history shop -n 3 -o json",
		Annotations: annotated("read", "0 3 5"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.asking(cmd.Context(), at, only(args[0]), func(_ context.Context, s *session) error {
				if _, err := s.app(args[0]); err != nil {
					return s.elsewhere(err)
				}
				list := s.log.History(args[0], 0)
				if n.given {
					list = list[:min(n.n, len(list))]
				}
				return s.show(s.document("ReleaseList", list), func(w io.Writer) error {
					t := output.NewTable("RELEASE", "VERSION", "STRATEGY", "OUTCOME", "", "STARTED", "TOOK", "ACTOR", "REASON")
					for _, p := range list {
						took, active := "", ""
						if p.TookMs != nil {
							took = output.Took(time.Duration(*p.TookMs) * time.Millisecond)
						}
						if p.Active {
							active = "serves"
						}
						t.Row(strconv.Itoa(p.Release), p.Version, p.Strategy, p.Outcome, active, output.Clock(p.StartedAt.Time, s.Now(), s.UTC), took, p.Actor, p.Reason)
					}
					return t.Write(w, s.width(w))
				})
			})
		},
	}
	cmd.Flags().VarP(&n, "number", "n", "at most so many (default: all)")
	atFlag(cmd, &at)
	return cmd
}
