package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/letter"
	"slipway.dev/services/slipway/output"
)

func newDeadCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "dead VERB", Short: "See what a participant could not read, and let it go on",
		Example:     "  slipway dead ls\n  slipway dead requeue 3",
		Annotations: annotated("read", "0 1 2 3 4 5 124"),
		Args:        cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(deadList(env), deadShow(env), deadRequeue(env), deadDrop(env))
	return cmd
}

func deadList(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the dead letters, with the reason", Args: cobra.NoArgs,
		Example: "  slipway dead ls\n  slipway dead ls -o json", Annotations: annotated("read", "0 3 4 5"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return env.looking(cmd.Context(), "", func(ctx context.Context, s *session) error {
				all, err := s.letters(ctx)
				if err != nil {
					return err
				}
				return s.showLetters(all.All)
			})
		},
	}
}

func deadShow(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "show SEQ|POSITION", Short: "Show a dead letter, or all about the event at a position, with the bytes as they were said", Args: cobra.ExactArgs(1),
		Example: "  slipway dead show 3\n  slipway dead show 1:48211 -o json", Annotations: annotated("read", "0 2 3 4 5"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.looking(cmd.Context(), "", func(ctx context.Context, s *session) error {
				list, err := s.lettersNamed(ctx, args[0])
				if err != nil {
					return err
				}
				return s.show(s.document("DeadList", list), func(w io.Writer) error { return showBodies(w, list) })
			})
		},
	}
}

func showBodies(w io.Writer, list []letter.Letter) error {
	for i, l := range list {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, "%s could not read %s at %s\n%s: %s\nstate: %s\n\n%q\n",
			l.Participant, l.Subject, l.Position, l.Verdict, l.Reason, l.State, l.Body)
		if err != nil {
			return err
		}
	}
	return nil
}

func deadRequeue(env *Env) *cobra.Command {
	var message string
	cmd := &cobra.Command{
		Use: "requeue SEQ|POSITION", Short: "Let a participant, or all that parked a position, read it again and go on", Args: cobra.ExactArgs(1),
		Example: "  slipway dead requeue 3\n  slipway dead requeue 1:48211 -m 'upgraded'", Annotations: annotated("wish", "0 1 2 3 4 5 124"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.settleLetters(cmd.Context(), "requeue", args[0], func(of events.OfLetterWish) events.Payload {
				of.Message = message
				return events.WishRequeueRequested{OfLetterWish: of}
			})
		},
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func deadDrop(env *Env) *cobra.Command {
	var message string
	cmd := &cobra.Command{
		Use: "drop SEQ|POSITION", Short: "Let a dead letter, or all about a position, go for ever, so that what follows is read", Args: cobra.ExactArgs(1),
		Example: "  slipway dead drop 3 -m 'said by nobody'\n  slipway dead drop 1:48211 -m forged -o json", Annotations: annotated("wish", "0 1 2 3 4 5 124"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if message == "" {
				return fault.New("SLW-U002", "drop needs a reason").Try(env.again("-m WHY"))
			}
			return env.settleLetters(cmd.Context(), "drop", args[0], func(of events.OfLetterWish) events.Payload {
				of.Message = message
				return events.WishDropRequested{OfLetterWish: of}
			})
		},
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", "why (needed)")
	return cmd
}

func (s *session) letters(ctx context.Context) (*letter.Letters, error) {
	all, err := letter.Read(ctx, s.bus)
	if err != nil {
		return nil, s.away(ctx, err)
	}
	return all, nil
}

// lettersNamed are the letters a person names: one by its sequence, or all about the event at
// a position. None is SLW-E001.
func (s *session) lettersNamed(ctx context.Context, text string) ([]letter.Letter, error) {
	at, noPosition := events.ParsePosition(text)
	seq, noSequence := strconv.ParseUint(text, 10, 64)
	if noPosition != nil && noSequence != nil {
		return nil, fault.New("SLW-U002", "%q is neither the sequence of a dead letter, such as 3, nor a position, such as 1:48211", text).Try("slipway dead ls")
	}
	all, err := s.letters(ctx)
	if err != nil {
		return nil, err
	}
	if noPosition == nil {
		if list := all.At(at.String()); len(list) > 0 {
			return list, nil
		}
		return nil, fault.New("SLW-E001", "no dead letter about %s in context %s", at, s.label.Short()).Try("slipway dead ls")
	}
	if l, ok := all.Find(seq); ok {
		return []letter.Letter{l}, nil
	}
	return nil, fault.New("SLW-E001", "no dead letter %d in context %s", seq, s.label.Short()).Try("slipway dead ls")
}

func (s *session) showLetters(list []letter.Letter) error {
	return s.show(s.document("DeadList", list), func(w io.Writer) error {
		t := output.NewTable("SEQ", "PARTICIPANT", "STATE", "VERDICT", "SUBJECT", "AT", "TIME", "REASON")
		for _, l := range list {
			t.Row(l.Name(), l.Participant, l.State, l.Verdict, l.Subject, l.Position, output.Clock(l.Time.Time, s.Now(), s.UTC), l.Reason)
		}
		return t.Write(w, s.width(w))
	})
}
