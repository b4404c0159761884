package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway.dev/services/slipway/doctor"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// unwell is the exit status of a failed check.
const unwell status = 8

func newDoctorCommand(env *Env) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "doctor", Args: cobra.NoArgs, Short: "Check what must be well, with a remedy for what is not",
		Example:     "  slipway doctor\n  slipway doctor -o json",
		Annotations: annotated("read", "0 5 8"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := env.deadline(cmd.Context(), readTimeout)
			defer cancel()
			checks, at, err := doctor.Examine(ctx, doctor.Patient{
				Context: env.Cluster, Data: data, Environ: os.Environ(), Known: variables(cmd.Root()),
			})
			for i := range checks {
				checks[i].Fix = env.aimed(checks[i].Fix)
			}
			totals := doctor.Count(checks)
			doc := output.Document{Kind: "DoctorList", At: at, Time: env.Now(), Items: checks, Single: totals}
			if c, none := env.Cluster(); none == nil {
				doc.Context = c.Name
			}
			if err != nil {
				doc.Error = fault.Of(err)
			}
			if shown := env.show(doc, func(w io.Writer) error { return checksTable(w, checks, env.width(w)) }); shown != nil {
				return shown
			}
			if err == nil && totals.Failed > 0 {
				return unwell
			}
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", ".slipway/dev", "the data folder, where it is on this machine")
	return cmd
}

func checksTable(w io.Writer, checks []doctor.Check, width int) error {
	t := output.NewTable("CHECK", "RESULT", "FIX", "DETAIL")
	for _, c := range checks {
		t.Row(c.Check, c.Result, c.Fix, c.Detail)
	}
	return t.Write(w, width)
}

// variables are all that mean something: one for each flag, and what has no flag.
func variables(root *cobra.Command) []string {
	known := []string{"SLIPWAY_CONTEXT", "SLIPWAY_STORE_MAX", "SLIPWAY_DEFAULT_DOMAIN", "SLIPWAY_DRILLS"}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		add := func(f *pflag.Flag) { known = append(known, variable(f.Name)) }
		cmd.LocalFlags().VisitAll(add)
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	return known
}
