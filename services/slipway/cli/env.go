package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/natscontext"
)

// Env is what a verb gets from the world.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
	Began    time.Time // of the process

	// The global flags, as given or from the environment.
	Context  string
	Output   string // table, wide, json, yaml, name
	Progress string // auto, tty, plain, json, quiet
	Timeout  time.Duration
	Yes      bool
	Quiet    bool
	Verbose  bool
	NoColor  bool
	UTC      bool

	told bool     // the result is on stdout already
	args []string // as given
	root *cobra.Command
}

// Cluster is the context in use: the one the flags, the environment or the person's
// own choice name.
func (e *Env) Cluster() (natscontext.Context, error) {
	return natscontext.Resolve(natscontext.Choice{Flag: e.Context, Getenv: e.Getenv})
}

// Connect connects to the cluster of the context in use, as a person. It answers
// within five seconds: a bus, or SLW-C001, C002, C003, C004.
func (e *Env) Connect(ctx context.Context) (*bus.Bus, natscontext.Context, error) {
	c, err := e.Cluster()
	if err != nil {
		return nil, natscontext.Context{}, err
	}
	b, err := natscontext.Connect(ctx, c)
	return b, c, err
}
