package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"slipway.dev/pkg/nearest"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// status is an end that is no error: differences exist, a check failed, a follower
// was sent away.
type status int

// Error tells the status.
func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

const (
	differs  status = 10  // differences exist; only where the verb was asked to tell
	detached status = 130 // Ctrl-C of somebody who only looked on
)

// Main runs the command line and returns the exit status.
func Main(ctx context.Context, env *Env, args []string) int {
	signal.Ignore(syscall.SIGPIPE) // a reader that has enough is no fault: the write tells
	root := newRootCommand(env)
	root.SetArgs(args)
	env.args, env.root = args, root
	verb, err := root.ExecuteContextC(ctx)
	return env.finish(remedied(verb, err))
}

// remedied adds what to try to a fault that names nothing: of a verb that was used wrongly
// its help, else what its code's row of the table says that runs as printed.
func remedied(verb *cobra.Command, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || len(f.Fix) > 0 {
		return err
	}
	if f.Code == "SLW-U001" || f.Code == "SLW-U002" {
		f.Try(verb.CommandPath() + " --help")
		return err
	}
	row, _ := fault.Find(f.Code)
	for _, fix := range row.Fixes {
		if !placeholder.MatchString(fix) {
			f.Try(fix)
		}
	}
	return err
}

// placeholder is a word that a person must put another in place of.
var placeholder = regexp.MustCompile(`\b[A-Z]{2,}\b`)

// finish tells an error and returns the exit status.
func (e *Env) finish(err error) int {
	var s status
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return 0
	case errors.As(err, &s):
		return int(s)
	}
	f := e.aim(fault.Of(err))
	fmt.Fprint(e.Err, e.words(f))
	if asksForJSON(e.args) { // what failed may be the reading of that very flag
		e.Output = "json"
	}
	if !e.told {
		e.tell(f)
	}
	return f.Exit()
}

// asksForJSON tells whether the arguments ask for a document, read as plainly as can be.
func asksForJSON(args []string) bool {
	for i, a := range args {
		switch {
		case a == "--json", a == "-ojson", a == "--output=json":
			return true
		case (a == "-o" || a == "--output") && i+1 < len(args) && args[i+1] == "json":
			return true
		}
	}
	return false
}

// tell writes the document of a verb that has no other result.
func (e *Env) tell(f *fault.Fault) {
	if d := (output.Document{Kind: "Error", Error: f}); e.Output == "json" {
		_ = d.JSON(e.Out) // nobody is left to be told
	} else if e.Output == "yaml" {
		_ = d.YAML(e.Out)
	}
}

func newRootCommand(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use: "slipway VERB", Short: "Deploy without losing a request", SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.SetFlagErrorFunc(badFlag)
	root.SetHelpFunc(help)
	env.globalFlags(root.PersistentFlags())
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return env.settle(cmd) }
	root.AddCommand(
		newDevCommand(env), newRunCommand(env), newContextCommand(env), newVersionCommand(env),
		newExampleCommand(env), newDoctorCommand(env), newDeadCommand(env), newDemoCommand(env),
		newInitCommand(env), newValidateCommand(env), newPlanCommand(env), newDeployCommand(env),
		newStatusCommand(env), newPsCommand(env), newHistoryCommand(env), newNodesCommand(env), newServicesCommand(env),
		newRollbackCommand(env), newPromoteCommand(env), newPauseCommand(env), newResumeCommand(env),
		newAbortCommand(env), newRetryCommand(env), newRetireCommand(env), newTrafficCommand(env),
		newLogsCommand(env), newEventsCommand(env), newWhyCommand(env), newStateCommand(env), newExplainCommand(env),
		newSchemaCommand(env), newAsyncAPICommand(env), newConsumerCommand(env), newEndpointCommand(env),
		newBackupCommand(env), newRestoreCommand(env), newDrillCommand(env), newGuaranteesCommand(env),
		newCompletionCommand(env),
	)
	for _, cmd := range root.Commands() {
		strict(cmd)
	}
	return root
}

// strict makes wrong arguments of a verb a fault of the table.
func strict(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if cmd.HasSubCommands() && len(args) > 0 && check(cmd, args) != nil {
				return unknownVerb(cmd, args[0])
			}
			if err := check(cmd, args); err != nil {
				return fault.New("SLW-U002", "%s wants %s, not %s", cmd.CommandPath(), wanted(cmd), givenWords(args)).Try(cmd.CommandPath() + " --help")
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// wanted are the arguments of a verb, as its usage has them.
func wanted(cmd *cobra.Command) string {
	_, words, _ := strings.Cut(cmd.Use, " ")
	if words == "" {
		return "no argument"
	}
	return words
}

func givenWords(args []string) string {
	if len(args) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%q", strings.Join(args, " "))
}

// unknownVerb names the verb that was probably meant.
func unknownVerb(cmd *cobra.Command, word string) error {
	var known []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			known = append(known, sub.Name())
		}
	}
	f := fault.New("SLW-U001", "%s has no verb %q", cmd.CommandPath(), word)
	if near := nearest.Of(word, known); near != "" {
		return f.Because(fmt.Sprintf("did you mean %q?", near)).Try(cmd.CommandPath() + " " + near + " --help")
	}
	return f.Try(cmd.CommandPath() + " --help")
}
