package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway.dev/services/slipway/backup"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// stepEvery is how often a person is told that long work goes on.
const stepEvery = 2 * time.Second

// steps tells on stderr how far long work is; nothing where it is short.
func (e *Env) steps(did string) backup.Step {
	if e.Quiet || e.Progress == "quiet" {
		return func(string, int64) {}
	}
	last := e.Now()
	return func(stream string, done int64) {
		if now := e.Now(); now.Sub(last) >= stepEvery {
			last = now
			fmt.Fprintf(e.Err, "%s: %s %s\n", stream, output.Bytes(done), did)
		}
	}
}

// unfinished makes what ended long work a fault.
func (e *Env) unfinished(ctx context.Context, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return fault.New("SLW-D015", "not done in time").Because(err.Error())
	case errors.Is(ctx.Err(), context.Canceled):
		return detached
	}
	return err
}
