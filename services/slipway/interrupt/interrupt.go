package interrupt

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// twice is the exit status of a second signal.
const twice = 130

// same is the time within which two signals are one: whoever signals a process and
// then its group, as timeout does, means one end.
const same = 100 * time.Millisecond

// Context ends with the first SIGINT or SIGTERM; the second ends the process at once,
// with status 130.
func Context() context.Context {
	ctx, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		end()
		for first := time.Now(); time.Since(first) < same; {
			<-signals
		}
		os.Exit(twice)
	}()
	return ctx
}
