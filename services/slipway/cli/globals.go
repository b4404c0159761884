package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway.dev/pkg/nearest"
	"slipway.dev/services/slipway/fault"
)

// Words of the global flags that take one of a list.
var (
	outputs    = []string{"table", "wide", "json", "yaml", "name"}
	progresses = []string{"auto", "tty", "plain", "json", "quiet"}
)

// globalFlags are the flags every verb has.
func (e *Env) globalFlags(f *pflag.FlagSet) {
	f.StringVarP(&e.Context, "context", "c", "", "which cluster")
	f.StringVarP(&e.Output, "output", "o", "table", "table, wide, json, yaml or name")
	f.Bool("json", false, "the same as --output json")
	f.StringVar(&e.Progress, "progress", "auto", "auto, tty, plain, json or quiet; on stderr")
	f.DurationVar(&e.Timeout, "timeout", 0, "longest wait (reads: 10s; who waits for a release: until it ends)")
	f.BoolVarP(&e.Yes, "yes", "y", false, "no questions")
	f.BoolVarP(&e.Quiet, "quiet", "q", false, "errors only on stderr")
	f.BoolVarP(&e.Verbose, "verbose", "v", false, "subjects, sequences and timings too")
	f.BoolVar(&e.NoColor, "no-color", false, "no colour")
	f.BoolVar(&e.UTC, "utc", false, "times in UTC")
}

// settle gives the flags that were not given the environment's values and checks the
// global ones.
func (e *Env) settle(cmd *cobra.Command) error {
	if asked, err := cmd.Flags().GetBool("json"); err == nil && asked {
		e.Output = "json" // known before anything can fail, so that a failure is told in it
	}
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		v := e.Getenv(variable(f.Name))
		if err != nil || f.Changed || v == "" || f.Name == "help" {
			return
		}
		if set := cmd.Flags().Set(f.Name, v); set != nil {
			err = fault.New("SLW-U002", "%s=%q: %v", variable(f.Name), v, set)
		}
	})
	if err != nil {
		return err
	}
	e.NoColor = e.NoColor || e.Getenv("NO_COLOR") != ""
	if asked, err := cmd.Flags().GetBool("json"); err == nil && asked {
		e.Output = "json"
	}
	if err := oneOf("output", e.Output, outputs); err != nil {
		return err
	}
	if err := oneOf("progress", e.Progress, progresses); err != nil {
		return err
	}
	if cmd.Flags().Changed("timeout") && e.Timeout <= 0 {
		return fault.New("SLW-U002", "--timeout %s: must be more than nothing; no zero means for ever", e.Timeout)
	}
	return nil
}

func oneOf(flag, value string, words []string) error {
	if slices.Contains(words, value) {
		return nil
	}
	f := fault.New("SLW-U002", "--%s %q is none of %s", flag, value, strings.Join(words, ", "))
	if near := nearest.Of(value, words); near != "" {
		f.Because(fmt.Sprintf("did you mean %q?", near))
	}
	return f
}

// badFlag makes what the flag parser says a fault of the table.
func badFlag(cmd *cobra.Command, err error) error {
	var absent *pflag.NotExistError
	if !errors.As(err, &absent) {
		return fault.New("SLW-U002", "%s: %v", cmd.CommandPath(), flagWords(err)).Try(cmd.CommandPath() + " --help")
	}
	name := absent.GetSpecifiedName()
	f := fault.New("SLW-U001", "%s has no flag %s", cmd.CommandPath(), dashes(name))
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := nearest.Of(name, known); near != "" {
		f.Because(fmt.Sprintf("did you mean %q?", dashes(near)))
	}
	return f.Try(cmd.CommandPath() + " --help")
}

func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// flagWords says what a bare number lacks.
func flagWords(err error) string {
	if words := err.Error(); strings.Contains(words, "time: missing unit") {
		return strings.Split(words, ":")[0] + ": a duration needs a unit, such as 30s"
	}
	return err.Error()
}

// readTimeout is how long a verb that only reads may take unless told otherwise.
const readTimeout = 10 * time.Second
