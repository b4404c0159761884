package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

func newConsumerCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "consumer VERB", Aliases: []string{"integration"}, Short: "Let a program of yours read the log",
		Example:     "  slipway consumer init mybot --lang python\n  slipway consumer add mybot --filter 'slipway.event.*.*.*.release.*'",
		Annotations: annotated("read", "0 2 3 4 5 124"),
		Args:        cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(consumerInit(env), consumerAdd(env), consumerList(env), consumerRemove(env))
	return cmd
}

func consumerAdd(env *Env) *cobra.Command {
	var w events.WishIntegrationDeclared
	cmd := &cobra.Command{
		Use: "add NAME --filter SUBJECT…", Short: "Keep on the server how far a program has read what matches its filters",
		Example: "  slipway consumer add mybot --filter 'slipway.event.*.*.*.release.*'\n" +
			"  slipway consumer add billing --filter 'slipway.event.shop.>' --publisher shop --from-start",
		Annotations: annotated("wish", "0 1 2 3 4 5 124 130"), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w.Consumer = args[0]
			return env.addConsumer(cmd.Context(), w)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&w.Filters, "filter", nil, "subject it is given, such as 'slipway.event.web.>'; repeat it for more")
	f.StringVar(&w.Publisher, "publisher", "", "name below slipway.ext. under which it speaks itself")
	f.BoolVar(&w.FromStart, "from-start", false, "from the first event on, not from now on")
	f.BoolVar(&w.Bearer, "bearer", false, "for a client that cannot sign; without identities no credential is made")
	_ = cmd.RegisterFlagCompletionFunc("filter", env.filters)
	return cmd
}

// addConsumer wishes an integration and waits until it stands. One that stands so
// already is what was wanted.
func (e *Env) addConsumer(ctx context.Context, w events.WishIntegrationDeclared) error {
	if why := provisioner.Check(w); why != "" {
		return fault.New("SLW-U002", "%s", why).Try("slipway consumer add --help")
	}
	return e.integrating(ctx, w, func(s *session, answer events.Event) error {
		refused, no := answer.Data.(events.ConsumerRefused)
		if no && refused.Cause != "unchanged" {
			return unintegrated("consumer "+w.Consumer, refused, answer)
		}
		return s.showConsumers(ctx, w.Consumer, func(list []consumerItem) {
			if no {
				e.hint(w.Consumer + " stands already, just so")
				return
			}
			for _, c := range list {
				e.hint("read it: request $JS.API.CONSUMER.MSG.NEXT." + c.Stream + "." + c.ID + ", or " + e.aimed("slipway consumer init "+c.ID+" --lang go"))
			}
		})
	})
}

func consumerRemove(env *Env) *cobra.Command {
	var message string
	cmd := &cobra.Command{
		Use: "rm NAME", Short: "End a consumer, and with it what the server kept for it",
		Example:     "  slipway consumer rm mybot\n  slipway consumer rm mybot -m 'moved to billing'",
		Annotations: annotated("wish", "0 1 2 3 4 5 124 130"), Args: cobra.ExactArgs(1), ValidArgsFunction: env.consumerNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			w := events.WishIntegrationWithdrawn{OfConsumer: events.OfConsumer{Consumer: args[0]}, Message: message}
			if err := events.CheckName(w.Consumer); err != nil {
				return fault.New("SLW-U002", "%v", err).Try("slipway consumer ls")
			}
			return env.integrating(cmd.Context(), w, func(s *session, answer events.Event) error {
				if refused, no := answer.Data.(events.ConsumerRefused); no {
					return unintegrated("consumer "+w.Consumer, refused, answer)
				}
				d := output.Document{Kind: "ConsumerList", Context: s.label.Name, At: answer.Pos, Time: s.Now(), Items: []consumerItem{}}
				return s.show(d, func(out io.Writer) error {
					_, err := fmt.Fprintln(out, "removed", w.Consumer)
					return err
				})
			})
		},
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

// integrating wishes something of an integration and hands on the answer.
func (e *Env) integrating(ctx context.Context, wish events.Payload, then func(*session, events.Event) error) error {
	ctx, cancel := e.deadline(ctx, answerWait)
	defer cancel()
	s, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	before, err := s.head(ctx)
	if err != nil {
		return s.away(ctx, err)
	}
	_, at, err := s.wish(ctx, wish)
	if err != nil {
		return err
	}
	silent := time.AfterFunc(deployerWait, func() {
		e.hint("waiting: the provisioner, which runs beside the bus, has not answered yet")
	})
	defer silent.Stop()
	answer, err := s.bus.Answer(ctx, at, before, events.Filter("", provisioner.Owner, wish.About().Place, "consumer", ""))
	switch {
	case err != nil && ctx.Err() != nil && context.Cause(ctx) == errTimeout:
		return fault.New("SLW-D015", "the provisioner has not answered").
			Because("it runs beside the bus; the wish is kept and will be answered").Try("slipway consumer ls")
	case err != nil:
		return s.away(ctx, err)
	}
	return then(s, answer)
}

// unintegrated makes a fault of a refusal.
func unintegrated(what string, r events.ConsumerRefused, answer events.Event) error {
	return fault.Refused(what, []fault.Refusal{{Word: r.Cause, Text: answer.Reason}}).
		Rests(answer.ID, answer.Pos.Seq).Try("slipway consumer ls")
}

// consumerTable shows consumers to a person.
func (s *session) consumerTable(w io.Writer, list []consumerItem) error {
	t := output.NewTable("NAME", "STREAM", "POSITION", "PENDING", "CONNECTED", "CREATED", "PUBLISHER", "FILTERS")
	for _, c := range list {
		position, connected := "", "no"
		if c.Position != nil {
			position = sequenceOf(*c.Position)
		}
		if c.Connected {
			connected = "yes"
		}
		t.Row(c.ID, c.Stream, position, strconv.FormatUint(c.Pending, 10), connected,
			output.Clock(c.CreatedAt.Time, s.Now(), s.UTC), c.Publisher, strings.Join(c.Filters, " "))
	}
	return t.Write(w, s.width(w))
}
