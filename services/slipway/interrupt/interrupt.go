package interrupt

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// twice is the exit status of a second signal.
const twice = 130

// Context ends with the first SIGINT or SIGTERM; the second ends the process at once,
// with status 130.
func Context() context.Context {
	ctx, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		end()
		<-signals
		os.Exit(twice)
	}()
	return ctx
}
