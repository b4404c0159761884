package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "Print the completion script of a shell",
		Example:     "  slipway completion bash\n  slipway completion zsh",
		Annotations: annotated("local", "0 2"), Args: cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(env.Out, true)
			case "zsh":
				return root.GenZshCompletion(env.Out)
			case "fish":
				return root.GenFishCompletion(env.Out, true)
			}
			return root.GenPowerShellCompletionWithDesc(env.Out)
		},
	}
}

// completionWait is how long live names may take; then there are none.
const completionWait = 300 * time.Millisecond

// appNames offers the names of apps to a shell, or nothing.
func (e *Env) appNames(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return e.offer(cmd, begun, func(s *session) []string { return s.log.Apps() })
}

// nodeNames offers the names of nodes.
func (e *Env) nodeNames(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return e.offer(cmd, begun, func(s *session) (names []string) {
		for _, n := range s.log.Nodes(nil, events.LeaseTTL) {
			names = append(names, n.ID)
		}
		return names
	})
}

func (e *Env) offer(cmd *cobra.Command, begun string, of func(*session) []string) (names []string, _ cobra.ShellCompDirective) {
	found := make(chan []string, 1)
	ctx, cancel := context.WithTimeout(cmd.Context(), completionWait)
	defer cancel()
	go func() {
		var all []string
		_ = e.looking(ctx, "", func(_ context.Context, s *session) error {
			all = of(s)
			return nil
		})
		found <- all
	}()
	select {
	case all := <-found:
		for _, name := range all {
			if strings.HasPrefix(name, begun) {
				names = append(names, name)
			}
		}
	case <-ctx.Done():
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
