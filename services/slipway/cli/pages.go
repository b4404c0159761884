package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Pages are the reference of every verb, by file name, made from what --help says.
func Pages() map[string]string {
	env := &Env{Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }}
	root := newRootCommand(env)
	pages := map[string]string{}
	index := "# Verbs\n\nWritten by `make docs` from the verbs themselves; do not edit.\n\n| verb | what it does | impact |\n|---|---|---|\n"
	for _, cmd := range documented(root) {
		name := strings.ReplaceAll(strings.TrimPrefix(cmd.CommandPath(), "slipway "), " ", "-") + ".md"
		pages[name] = page(cmd)
		index += fmt.Sprintf("| [%s](%s) | %s | %s |\n", cmd.CommandPath(), name, cmd.Short, cmd.Annotations[impact])
	}
	flags := "\n## Flags of every verb\n\n```text\n" + root.PersistentFlags().FlagUsages() + "```\n"
	pages["README.md"] = index + flags + "\nEvery flag also exists as a variable: `--wait-for` is `SLIPWAY_WAIT_FOR`.\n"
	return pages
}

// documented are the verbs a person finds, each before those below it.
func documented(cmd *cobra.Command) (all []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			all = append(append(all, sub), documented(sub)...)
		}
	}
	return all
}

func page(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s.\n\n", cmd.CommandPath(), strings.TrimSuffix(cmd.Short, "."))
	fmt.Fprintf(&b, "```text\n%s\n```\n", cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```text\n%s\n```\n", strings.ReplaceAll(strings.Trim(cmd.Example, "\n "), "\n  ", "\n"))
	}
	if flags := cmd.LocalNonPersistentFlags().FlagUsages(); strings.TrimSpace(flags) != "" {
		fmt.Fprintf(&b, "\n## Flags\n\n```text\n%s```\n", flags)
	}
	if what := cmd.Annotations[impact]; what != "" {
		fmt.Fprintf(&b, "\nImpact: %s. Exit codes: %s.\n", what, cmd.Annotations[exits])
	}
	return b.String()
}
