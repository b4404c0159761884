package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/letter"
	"slipway.dev/services/slipway/output"
)

func newDeadCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "dead", Short: "See what a participant could not read, and let it go on",
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
		Use: "show SEQ", Short: "Show one dead letter, its bytes as they were said", Args: cobra.ExactArgs(1),
		Example: "  slipway dead show 3\n  slipway dead show 3 -o json", Annotations: annotated("read", "0 2 3 4 5"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.looking(cmd.Context(), "", func(ctx context.Context, s *session) error {
				l, err := s.letter(ctx, args[0])
				if err != nil {
					return err
				}
				return s.show(s.document("DeadList", []letter.Letter{l}), func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "%s could not read %s at %s\n%s: %s\nstate: %s\n\n%q\n",
						l.Participant, l.Subject, l.Position, l.Verdict, l.Reason, l.State, l.Body)
					return err
				})
			})
		},
	}
}

func deadRequeue(env *Env) *cobra.Command {
	var message string
	cmd := &cobra.Command{
		Use: "requeue SEQ", Short: "Let a participant read a dead letter again and go on", Args: cobra.ExactArgs(1),
		Example: "  slipway dead requeue 3\n  slipway dead requeue 3 -m 'upgraded'", Annotations: annotated("wish", "0 1 2 3 4 5 124"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.settleLetter(cmd.Context(), "requeue", args[0], func(of events.OfLetterWish) events.Payload {
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
		Use: "drop SEQ", Short: "Let a dead letter go for ever, so that what follows is read", Args: cobra.ExactArgs(1),
		Example: "  slipway dead drop 3 -m 'said by nobody'\n  slipway dead drop 3 -m forged -o json", Annotations: annotated("wish", "0 1 2 3 4 5 124"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if message == "" {
				return fault.New("SLW-U002", "drop needs a reason").Try(env.again("-m WHY"))
			}
			return env.settleLetter(cmd.Context(), "drop", args[0], func(of events.OfLetterWish) events.Payload {
				of.Message = message
				return events.WishDropRequested{OfLetterWish: of}
			})
		},
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", "why (needed)")
	return cmd
}

// letterWait is how long a participant may take to answer: it reads one event.
const letterWait = 20 * time.Second

// settleLetter wishes something of a letter and waits for the participant's answer.
func (e *Env) settleLetter(ctx context.Context, action, seq string, ask func(events.OfLetterWish) events.Payload) error {
	ctx, cancel := e.deadline(ctx, letterWait)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	l, err := s.letter(ctx, seq)
	if err != nil {
		return err
	}
	before := s.log.Position()
	_, at, err := s.wish(ctx, ask(events.OfLetterWish{Participant: l.Participant, Position: l.Position}))
	if err != nil {
		return err
	}
	answer, err := s.bus.Answer(ctx, at, before, events.Filter("", "", "", "letter", ""))
	switch {
	case err != nil && ctx.Err() != nil:
		return fault.New("SLW-D015", "%s has not answered", l.Participant).Because("the wish to " + action + " is kept and will be answered").Try("slipway dead ls")
	case err != nil:
		return s.away(ctx, err)
	case answer.Kind.Happened == "refused":
		return fault.New("SLW-D019", "%s refused to %s letter %d", l.Participant, action, l.Seq).
			Because(answer.Reason).Rests(answer.ID, answer.Pos.Seq).Try(fmt.Sprintf("slipway dead show %d", l.Seq))
	}
	l.State = answer.Kind.Happened
	return s.showLetters([]letter.Letter{l})
}

func (s *session) letters(ctx context.Context) (*letter.Letters, error) {
	all, err := letter.Read(ctx, s.bus)
	if err != nil {
		return nil, s.away(ctx, err)
	}
	return all, nil
}

// letter is one by its sequence, or SLW-E001.
func (s *session) letter(ctx context.Context, text string) (letter.Letter, error) {
	seq, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return letter.Letter{}, fault.New("SLW-U002", "%q is no sequence of a dead letter, such as 3", text).Try("slipway dead ls")
	}
	all, err := s.letters(ctx)
	if err != nil {
		return letter.Letter{}, err
	}
	l, ok := all.Find(seq)
	if !ok {
		return l, fault.New("SLW-E001", "no dead letter %d in context %s", seq, s.label.Short()).Try("slipway dead ls")
	}
	return l, nil
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
