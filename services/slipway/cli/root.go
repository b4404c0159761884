package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/fault"
)

// Main runs the command line and returns the exit status.
func Main(ctx context.Context, env *Env, args []string) int {
	root := newRootCommand(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	f := fault.Of(err)
	fmt.Fprintf(env.Err, "error[%s]: %s\n", f.Code, f.Message)
	for _, why := range f.Why {
		fmt.Fprintln(env.Err, "  why    "+why)
	}
	for _, fix := range f.Fix {
		fmt.Fprintln(env.Err, "  fix    "+fix)
	}
	return f.Exit()
}

func newRootCommand(env *Env) *cobra.Command {
	root := &cobra.Command{Use: "slipway", Short: "deploy without losing a request", SilenceErrors: true, SilenceUsage: true}
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.AddCommand(
		newDevCommand(env), newRunCommand(env), newContextCommand(env), newVersionCommand(env),
		newExampleCommand(env), newDoctorCommand(env),
	)
	return root
}
