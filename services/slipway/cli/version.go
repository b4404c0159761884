package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/version"
)

func newVersionCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Args: cobra.NoArgs,
		Short:       "Tell what this binary is",
		Example:     "  slipway version\n  slipway version -o json",
		Annotations: annotated("local", "0"),
		RunE: func(*cobra.Command, []string) error {
			v := version.Of()
			return env.show(output.Document{Kind: "Version", Single: v}, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, v)
				return err
			})
		},
	}
}
