// Command slipway is the whole of Slipway: the command line, every participant, and
// the keeper of a workload.
package main

import (
	"os"

	"slipway.dev/services/node/process"
	"slipway.dev/services/slipway/cli"
	"slipway.dev/services/slipway/interrupt"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "keep" {
		os.Exit(process.Keep(os.Args[2:])) // before anything else costs memory
	}
	os.Exit(cli.Main(interrupt.Context(), cli.NewEnv(), os.Args[1:]))
}
