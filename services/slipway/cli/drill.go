package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/guarantees"
	"slipway.dev/services/slipway/progress"
	"slipway.dev/services/slipway/recovery"
)

// violated is the exit status of a guarantee that did not hold.
const violated status = 8

func newDrillCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "drill VERB", Short: "Let something fail on purpose, and measure how it comes back",
		Example:     "  slipway drill kill-instance shop -y\n  slipway drill kill-node n2 -y",
		Annotations: annotated("wish", "0 1 2 3 4 5 8 124 130"),
		Args:        cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(drillInstance(env), drillNode(env), drillService(env), drillSlow(env), drillGateway(env), drillRelease(env))
	return cmd
}

// drill is one failure on purpose: what it will do, how it is done, and what must come
// to pass then.
type drill struct {
	kind, target string
	says         []string // what it will do and what is promised, before anybody agrees
	apps         []string // whose requests are counted; none: all
	lasts        time.Duration

	begin func(ctx context.Context) (time.Time, error)
	watch func(injected time.Time) *recovery.Watch

	// observe waits for what no fact tells of; nil: facts tell of all.
	observe func(ctx context.Context, w *recovery.Watch) error
}

// heals tells what becomes of a drill that nobody watches.
func (x *drill) heals() string {
	if x.kind == "kill-service" || x.kind == "kill-node" {
		return x.kind + " " + x.target + " stays done until somebody starts it again"
	}
	return x.kind + " " + x.target + " heals by itself"
}

// drilling is a session with what a drill needs to know of the past.
type drilling struct {
	*session
	starts   *guarantees.Starts
	gateways map[string]bool // those that have not left
}

// drillVerb makes the command of a drill.
func (e *Env) drillVerb(use, short, examples string, plan func(context.Context, *drilling, string) (*drill, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: examples, Args: cobra.ExactArgs(1),
		Annotations: annotated("wish", "0 1 2 3 4 5 6 8 124 130"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.drills(cmd.Context(), args[0], plan)
		},
	}
}

func (e *Env) drills(ctx context.Context, target string, plan func(context.Context, *drilling, string) (*drill, error)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d := &drilling{starts: guarantees.NewStarts(), gateways: map[string]bool{}}
	s, err := e.open(ctx, d.hearPast)
	if err != nil {
		return err
	}
	defer s.close()
	s.keep, d.session = nil, s
	x, err := plan(ctx, d, target)
	if err != nil {
		return err
	}
	for _, line := range x.says {
		e.hint(line)
	}
	if err := e.agreed(ctx, fmt.Sprintf("Drill %s %s in %s", x.kind, x.target, s.label.Name)); err != nil {
		return err
	}
	return d.run(ctx, x)
}

// hearPast folds what a drill must know of the log's past.
func (d *drilling) hearPast(m service.Message) {
	kind, _, _, err := events.ParseSubject(m.Subject)
	if err != nil || !guarantees.HearsStart(kind) && kind.Entity != "gateway" {
		return
	}
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err != nil || e.Decode() != nil {
		return
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	d.starts.Hear(e)
	switch g := e.Data.(type) {
	case events.GatewayJoined:
		d.gateways[g.Gateway] = true
	case events.GatewayLeft:
		delete(d.gateways, g.Gateway)
	}
}

// drillPatience is how much longer than promised a recovery is waited for: its figure is
// worth more than that it was late.
const drillPatience = 5

// run does a drill and watches until all is well again.
func (d *drilling) run(ctx context.Context, x *drill) error {
	injected, err := x.begin(ctx)
	if err != nil {
		return err
	}
	w := x.watch(injected)
	limit := time.Duration(drillPatience) * w.Longest(x.lasts)
	if d.Timeout > 0 {
		limit = d.Timeout
	}
	waiting, cancel := context.WithTimeoutCause(ctx, limit, errTimeout)
	defer cancel()
	switch err := d.observe(waiting, w, x); {
	case err == nil:
	case errors.Is(context.Cause(waiting), errTimeout) && ctx.Err() == nil:
		if d.Timeout > 0 && d.Timeout < w.Longest(x.lasts) {
			return fault.New("SLW-D015", "the time is over; %s", x.heals()).Try("slipway events -n 20")
		}
	case ctx.Err() != nil:
		return fault.New("SLW-D016", "detached; %s", x.heals()).Try("slipway events -n 20")
	default:
		return d.away(ctx, err)
	}
	r := resultOf(x, w)
	d.expose(&r, x, w)
	r.Requests = d.requests(ctx, x, injected)
	return d.showDrill(r)
}

// observe hears the log until the watch is over.
func (d *drilling) observe(ctx context.Context, w *recovery.Watch, x *drill) error {
	kind := d.progressKind()
	if kind == progress.TTY { // the tree is an app's
		kind = progress.Plain
	}
	shown := progress.New(kind, progress.Options{To: d.Err, UTC: d.UTC, Verbose: d.Verbose, Now: d.Now, Width: func() int { return d.width(d.Err) }})
	defer shown.End()
	if x.observe != nil {
		return x.observe(ctx, w)
	}
	for !w.Over() {
		i, err := d.feed.next(ctx)
		if err != nil {
			return err
		}
		if i.caughtUp {
			continue
		}
		e, ok := d.hear(i.message)
		if !ok {
			continue
		}
		w.Hear(e)
		if tells(e) {
			shown.Fact(e, i.message.Body)
		}
	}
	return nil
}

// tells tells what of the log is worth a line while something recovers.
func tells(e events.Event) bool {
	switch e.Kind.Entity {
	case "drill", "drift", "lease", "evacuation", "release", "breaker":
		return true
	case "instance":
		return e.Kind.Happened == "exited" || e.Kind.Happened == "ready" || e.Kind.Happened == "unready"
	}
	return false
}

// drillAnswer is how long a node or gateway may take to answer.
const drillAnswer = 10 * time.Second

// ask wishes a drill of a node or gateway; it returns when that was begun.
func (d *drilling) ask(ctx context.Context, participant, place string, what events.Drill) (time.Time, error) {
	before := d.log.Position()
	_, at, err := d.wish(ctx, events.WishDrillRequested{Participant: participant, Drill: what})
	if err != nil {
		return time.Time{}, err
	}
	within, cancel := context.WithTimeout(ctx, drillAnswer)
	defer cancel()
	answer, err := d.bus.Answer(within, at, before, events.Filter("", "", place, "drill", ""))
	if err != nil && ctx.Err() == nil {
		return time.Time{}, fault.New("SLW-D019", "%s has not answered within %s", participant, drillAnswer).
			Because("a wish for a drill that is not answered at once is refused later").Try("slipway nodes")
	}
	if err != nil {
		return time.Time{}, d.away(ctx, err)
	}
	if no, refused := answer.Data.(events.DrillRefused); refused {
		return time.Time{}, fault.New(fault.CodeOf(no.Cause), "%s refused: %s", participant, what.Kind).
			Because(answer.Reason).Rests(answer.ID, answer.Pos.Seq).Try(remedies[no.Cause]...)
	}
	return answer.At(), nil
}

// remedies are what to do about a refusal.
var remedies = map[string][]string{
	"drills-off": {"SLIPWAY_DRILLS=true slipway run NAME"}, "busy": {"slipway events -n 20"},
	"unknown": {"slipway ps"}, "one-process": {"slipway run node --id NAME"},
}

// showDrill shows how it went; one that did not hold ends with 8.
func (d *drilling) showDrill(r drillResult) error {
	doc := d.document("Drill", nil)
	doc.Single = r
	err := d.show(doc, func(w io.Writer) error { return r.table(w, d.width(w)) })
	if err == nil && !r.Holds {
		return violated
	}
	return err
}
