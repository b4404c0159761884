package cli

import (
	"github.com/spf13/cobra"
)

func newDoctorCommand(env *Env) *cobra.Command {
	return &cobra.Command{Use: "doctor", Args: cobra.NoArgs, Short: "Check what must be well", RunE: func(cmd *cobra.Command, _ []string) error { return nil }}
}
