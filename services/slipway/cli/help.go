package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// Annotations of a verb, shown by its help.
const (
	impact = "impact" // read, wish or local
	exits  = "exits"  // exit statuses, separated by spaces
)

// annotated is what a verb does to the world and how it may end.
func annotated(what, statuses string) map[string]string {
	return map[string]string{impact: what, exits: statuses}
}

// help writes a verb's help: one sentence, usage, examples, impact, exit codes.
func help(cmd *cobra.Command, _ []string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n\nUsage\n  %s\n", strings.TrimSuffix(cmd.Short, "."), cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nVerbs\n")
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(t, "  %s\t%s\n", sub.Name(), sub.Short)
			}
		}
		t.Flush()
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	if flags := cmd.LocalNonPersistentFlags().FlagUsages(); strings.TrimSpace(flags) != "" {
		fmt.Fprintf(&b, "\nFlags\n%s", flags)
	}
	if global := cmd.InheritedFlags().FlagUsages(); cmd.Root() == cmd {
		fmt.Fprintf(&b, "\nFlags of every verb\n%s", cmd.PersistentFlags().FlagUsages())
	} else if strings.TrimSpace(global) != "" {
		b.WriteString("\nFlags of every verb: slipway --help\n")
	}
	if what := cmd.Annotations[impact]; what != "" {
		fmt.Fprintf(&b, "\nimpact: %s      exit codes: %s\n", what, cmd.Annotations[exits])
	}
	fmt.Fprint(cmd.OutOrStdout(), b.String())
}
