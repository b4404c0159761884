package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/plane"
)

// beside adds how to go on to what kept a process from starting because another one runs.
func (e *Env) beside(cmd *cobra.Command, err error, c plane.DevConfig) error {
	var f *fault.Fault
	if !errors.As(err, &f) || len(f.Fix) > 0 {
		return err
	}
	switch f.Code {
	case "SLW-C005":
		return f.Try(e.again(strings.Fields(f.Message)[0] + " 127.0.0.1:0"))
	case "SLW-C006":
		return f.Try("slipway status -c "+c.Context, e.second(cmd, c.Data+secondSuffix, c.Context))
	case "SLW-C007":
		return f.Try("slipway status -c "+c.Context, e.second(cmd, c.Data, c.Context))
	}
	return err
}

// taken is beside for a participant of its own: who has its folder is to be looked at
// before another one is used.
func (e *Env) taken(err error, data string) error {
	var f *fault.Fault
	if !errors.As(err, &f) || len(f.Fix) > 0 {
		return err
	}
	switch f.Code {
	case "SLW-C005":
		return f.Try(e.again(strings.Fields(f.Message)[0] + " 127.0.0.1:0"))
	case "SLW-C006":
		return f.Try("slipway services", e.again("--data "+data+secondSuffix))
	}
	return err
}

// secondSuffix makes the name of what a second dev has beside the first.
const secondSuffix = "-2"

// second is the command of a dev beside one that runs: what two of them cannot share is
// another's, and what was given stays.
func (e *Env) second(cmd *cobra.Command, data, context string) string {
	words := []string{"slipway dev"}
	words = append(words, fmt.Sprintf("--data %s -c %s", data, context+secondSuffix))
	for _, flag := range []string{"listen", "nats"} {
		given := cmd.Flags().Lookup(flag)
		if at := "127.0.0.1:0"; !given.Changed {
			words = append(words, "--"+flag+" "+at)
			continue
		}
		words = append(words, "--"+flag+" "+given.Value.String())
	}
	return strings.Join(words, " ")
}
