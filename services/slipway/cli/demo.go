package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/pkg/wait"
	"slipway.dev/services/slipway/load"
	"slipway.dev/services/slipway/natscontext"
	"slipway.dev/services/slipway/plane"
)

// sample is the app the demonstration replaces, seen from the root of a clone.
const sample = "examples/hello/app.yaml"

const (
	demoRate   = 200             // requests a second: light on two cores
	demoBefore = 2 * time.Second // of load before the first switch, and after each
)

// demo shows a version replaced under load.
type demo struct {
	*Env
	file  string
	app   string // the first of the file
	rate  int
	ready plane.Ready
	load  *load.Running
}

func newDemoCommand(env *Env) *cobra.Command {
	d := &demo{Env: env}
	c := plane.DevConfig{Getenv: env.Getenv, Began: env.Began}
	cmd := &cobra.Command{
		Use: "demo [FILE]", Hidden: true, Args: cobra.MaximumNArgs(1),
		Short:       "Start everything, deploy an app, replace its version under load and tell the loss",
		Example:     "  slipway demo\n  slipway demo --listen 127.0.0.1:0 --nats 127.0.0.1:0",
		Annotations: annotated("local", "0 1 2 6 130"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if d.file = sample; len(args) > 0 {
				d.file = args[0]
			}
			apps, err := d.read(d.file, nil)
			if err != nil {
				return err
			}
			d.app = apps[0].Document.Name
			elsewhere(cmd, "listen", &c.Listen)
			elsewhere(cmd, "nats", &c.NATS)
			if c.Context = env.Context; c.Context == "" {
				c.Context = "dev"
			}
			c.Banner, c.Log.Stderr, c.Log.Terminal = env.Err, env.Err, terminal(env.Err)
			return d.run(cmd.Context(), c)
		},
	}
	devFlags(cmd.Flags(), &c)
	cmd.Flags().IntVar(&d.rate, "rate", demoRate, "requests a second")
	return cmd
}

// run is slipway dev with a performance in it. What fails ends it.
func (d *demo) run(ctx context.Context, c plane.DevConfig) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	performed := make(chan struct{})
	c.Up = func(ctx context.Context, r plane.Ready) {
		defer close(performed)
		d.ready = r
		if err := d.perform(ctx); err != nil && ctx.Err() == nil {
			end(err)
		}
	}
	if err := plane.Dev(ctx, c); err != nil {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && cause != context.Canceled {
		<-performed
		return cause
	}
	return nil
}

// perform deploys, replaces twice under load, and tells what was lost.
func (d *demo) perform(ctx context.Context) error {
	began := time.Now()
	if err := d.deploy(ctx, "v1", "rolling"); err != nil {
		return err
	}
	d.say("  deploy   %s v1                        in %4.1f s   %s answers at %s", d.app, time.Since(began).Seconds(), *d.ready.Gateway, d.host())
	d.load = load.Start(ctx, load.Config{
		URL: *d.ready.Gateway + "/", Host: d.host(), Rate: d.rate, Methods: []string{http.MethodGet, http.MethodPost}, Body: []byte("hello"),
	})
	defer d.load.Stop()
	d.say("  load     %d requests a second, GET and POST, sent when they are due", d.rate)
	wait.For(ctx, demoBefore)
	for _, step := range [][3]string{{"v1", "v2", "rolling"}, {"v2", "v3", "blue-green"}} {
		if err := d.replace(ctx, step[0], step[1], step[2]); err != nil {
			return err
		}
	}
	d.measured(d.load.Stop())
	return nil
}

func (d *demo) replace(ctx context.Context, from, to, strategy string) error {
	before, began := d.load.Counts(), time.Now()
	if err := d.deploy(ctx, to, strategy); err != nil {
		return err
	}
	took := time.Since(began)
	wait.For(ctx, demoBefore)
	after := d.load.Counts()
	d.say("  replace  %s %s by %s, %-16s in %4.1f s   %d of %d requests failed", d.app, from, to, strategy, took.Seconds(),
		after.Failed-before.Failed, after.Sent-before.Sent)
	return nil
}

// measured tells the loss and what to try next.
func (d *demo) measured(c load.Counts) {
	var answers []string
	for version, n := range c.Answers {
		answers = append(answers, fmt.Sprintf("%s %d", version, n))
	}
	slices.Sort(answers)
	d.say("\n  measured %d of %d requests failed; p50 %.1f ms, p99 %.1f ms; answered by %s", c.Failed, c.Sent,
		ms(c.Percentile(50)), ms(c.Percentile(99)), strings.Join(answers, ", "))
	for _, e := range c.Examples {
		d.say("           %s", e)
	}
	d.say(`
  try      curl -H 'Host: %[2]s' %[1]s/
           bin/slipway status
           bin/slipway why %[3]s
           bin/slipway events -n 20
           bin/slipway deploy %[4]s -y --set env.VERSION=v4 --set version=v4
           bin/slipway rollback %[3]s -y
  Ctrl-C ends everything, the app too.`, *d.ready.Gateway, d.host(), d.app, d.file)
}

// deploy is the verb, said by this process to itself.
func (d *demo) deploy(ctx context.Context, version, strategy string) error {
	env := *d.Env
	env.Context, env.Yes, env.Quiet, env.Progress, env.Output = natscontext.Full(*d.ready.Context), true, true, "quiet", "table"
	env.Out = io.Discard
	one := &deploy{Env: &env, file: d.file, waitFor: "completed", set: []string{
		"version=" + version, "env.VERSION=" + version, "deploy.strategy=" + strategy,
		"env.RUN=" + d.Began.Format("150405"), // a warm release of an earlier run would serve at once, and show nothing
	}}
	return one.run(ctx)
}

func (d *demo) host() string { return d.app + ".localhost" }

// elsewhere takes any free port where the one nobody asked for is taken.
func elsewhere(cmd *cobra.Command, flag string, at *string) {
	if cmd.Flags().Changed(flag) {
		return
	}
	l, err := net.Listen("tcp", *at)
	if err != nil {
		*at = "127.0.0.1:0"
		return
	}
	l.Close()
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.Out, format+"\n", args...) }

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
