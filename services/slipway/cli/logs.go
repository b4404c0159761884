package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// logsFlags say which lines.
type logsFlags struct {
	follow  bool
	release ordinal
	since   string
	n       count
}

func newLogsCommand(env *Env) *cobra.Command {
	var l logsFlags
	cmd := &cobra.Command{
		Use: "logs APP|INSTANCE", Short: "Show what instances wrote", Args: cobra.ExactArgs(1),
		Example:     "  slipway logs shop -n 20\n  slipway logs shop --release 7 -f",
		Annotations: annotated("read", "0 3 5 130"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error { return env.logs(cmd.Context(), args[0], l) },
	}
	f := cmd.Flags()
	f.BoolVarP(&l.follow, "follow", "f", false, "go on until Ctrl-C")
	f.Var(&l.release, "release", "of this release only")
	f.StringVar(&l.since, "since", "", "a time, or an age such as 10m")
	f.VarP(&l.n, "number", "n", "at most so many, the last ones (default: all that are kept)")
	return cmd
}

// logLine is one line as JSON has it.
type logLine struct {
	Time     view.Time `json:"time"`
	App      string    `json:"app"`
	Release  int       `json:"release"`
	Instance string    `json:"instance"`
	Stream   string    `json:"stream"`
	Line     string    `json:"line"`
}

func (e *Env) logs(ctx context.Context, what string, l logsFlags) error {
	wait := readTimeout
	if l.follow {
		wait = 0
	}
	ctx, cancel := e.deadline(ctx, wait)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	app, instance, err := s.writers(what)
	if err != nil {
		return err
	}
	if l.release != 0 && s.log.Record(app, int(l.release)) == nil {
		return fault.New("SLW-E001", "there is no release %s", view.ReleaseName(app, int(l.release))).Try("slipway history " + app)
	}
	since, err := s.when(ctx, l.since)
	if err != nil {
		return err
	}
	p := &logPrinter{session: s, app: app, instance: instance, logsFlags: l, width: len(app) + 8}
	err = p.run(ctx, since)
	if l.follow && errors.Is(context.Cause(ctx), context.Canceled) {
		return detached
	}
	if err != nil {
		return s.away(ctx, err)
	}
	return p.end()
}

// writers are the app, or the app and the instance, that a name means.
func (s *session) writers(what string) (app, instance string, err error) {
	if a, _ := s.log.App(what); a != nil {
		return what, "", nil
	}
	if i, ok := s.log.Instance(what); ok {
		return i.App, i.ID, nil
	}
	return "", "", s.noSuch(what)
}

// logPrinter shows lines as they come.
type logPrinter struct {
	*session
	logsFlags
	app, instance string
	width         int
	last          []logLine // with -n: those that may be shown at the end of what is kept
	shown         int
}

// run shows what is kept, and with -f what comes.
func (p *logPrinter) run(ctx context.Context, since time.Time) error {
	filter := events.LogSubject(p.app, "") // any node
	filter = strings.TrimSuffix(filter, "_") + ">"
	if !p.follow || !p.n.given {
		return p.read(ctx, filter, since, p.follow)
	}
	began := p.Now()
	if err := p.read(ctx, filter, since, false); err != nil {
		return err
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.n = count{}
	return p.read(ctx, filter, began, true)
}

func (p *logPrinter) read(ctx context.Context, filter string, since time.Time, follow bool) error {
	return p.bus.Logs(ctx, filter, since, follow, func(b bus.LogBatch) error {
		if b.Dropped > 0 {
			p.hint(fmt.Sprintf("%d lines were lost on the way here", b.Dropped))
		}
		for _, l := range b.Lines {
			if err := p.take(l, since); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *logPrinter) take(l bus.LogLine, since time.Time) error {
	release := view.ReleaseOfID(l.Instance)
	switch {
	case p.instance != "" && l.Instance != p.instance, p.release != 0 && release != int(p.release), l.Time.Before(since):
		return nil
	}
	line := logLine{view.Time{Time: l.Time}, p.app, release, l.Instance, l.Stream, l.Line}
	if !p.n.given {
		return p.write(line)
	}
	p.last = lastOf(p.n, append(p.last, line))
	return nil
}

func (p *logPrinter) write(l logLine) error {
	p.shown++
	if p.Output == "json" || p.Output == "yaml" {
		p.told = true
		return writeLine(p.Out, l)
	}
	_, err := fmt.Fprintf(p.Out, "%-*s  %s  %s\n", p.width, l.Instance, output.Clock(l.Time.Time, p.Now(), p.UTC), output.Printable(l.Line))
	return err
}

// writeLine writes a value as one line of JSON.
func writeLine(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (p *logPrinter) flush() error {
	for _, l := range p.last {
		if err := p.write(l); err != nil {
			return err
		}
	}
	p.last = nil
	return nil
}

// end shows what -n kept; where nothing is kept of the output, the tails that stand
// in the facts of instances that ended.
func (p *logPrinter) end() error {
	if err := p.flush(); err != nil || p.shown > 0 {
		return err
	}
	for _, i := range p.log.Instances(p.app, true) {
		if p.instance != "" && i.ID != p.instance || p.release != 0 && i.Release != int(p.release) {
			continue
		}
		for _, words := range i.Tail() {
			if err := p.write(logLine{i.Since(), p.app, i.Release, i.ID, "stdout", words}); err != nil {
				return err
			}
		}
	}
	return nil
}
