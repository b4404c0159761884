// Command slipway is the whole of Slipway: the command line, every participant, and
// the keeper of a workload.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"slipway.dev/services/node/process"
	"slipway.dev/services/slipway/cli"
)

// detached is the exit status of a second Ctrl-C.
const detached = 130

func main() {
	if len(os.Args) > 1 && os.Args[1] == "keep" {
		os.Exit(process.Keep(os.Args[2:])) // before anything else costs memory
	}
	env := &cli.Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, Began: time.Now()}
	os.Exit(cli.Main(interrupted(), env, os.Args[1:]))
}

// interrupted ends with the first SIGINT or SIGTERM; the second ends the process.
func interrupted() context.Context {
	ctx, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		end()
		<-signals
		os.Exit(detached)
	}()
	return ctx
}
