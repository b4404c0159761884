package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/letter"
)

// letterWait is how long a participant may take to answer: it reads one event.
const letterWait = 20 * time.Second

// settling is one run of requeue or drop.
type settling struct {
	*session
	action string
	ask    func(events.OfLetterWish) events.Payload
	many   bool // the letters of all about one position
}

// settleLetters wishes something of the letters a person names and waits for the
// answers of their participants.
func (e *Env) settleLetters(ctx context.Context, action, name string, ask func(events.OfLetterWish) events.Payload) error {
	ctx, cancel := e.deadline(ctx, letterWait)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	list, err := s.lettersNamed(ctx, name)
	if err != nil {
		return err
	}
	x := settling{s, action, ask, len(list) > 1}
	var faults []error
	for i := range list {
		faults = append(faults, x.settle(ctx, &list[i]))
	}
	if worst := worstOf(faults); worst != nil {
		return worst
	}
	return s.showLetters(list)
}

// settle wishes it of one letter and waits for the answer. Who is not there stands still
// over nothing: the wish is kept for it, should it come back.
func (x settling) settle(ctx context.Context, l *letter.Letter) error {
	if x.many && l.State != letter.Parked && l.State != letter.Gone {
		return nil // it stands still no more
	}
	if l.State == letter.Gone && x.action == "requeue" {
		return fault.New("SLW-D019", "%s is not there and reads nothing again", l.Participant).Try("slipway dead drop " + l.Name() + " -m WHY")
	}
	before := x.log.Position()
	_, at, err := x.wish(ctx, x.ask(events.OfLetterWish{Participant: l.Participant, Position: l.Position}))
	if err != nil {
		return err
	}
	if l.State == letter.Gone {
		x.hint(l.Participant + " is not there, so nothing stands still over it; should it come back within a day, it is asked to drop it")
		return nil
	}
	answer, err := x.bus.Answer(ctx, at, before, events.Filter("", "", "", "letter", ""))
	switch {
	case err != nil && ctx.Err() != nil:
		return fault.New("SLW-D015", "%s has not answered", l.Participant).Because("the wish to "+x.action+" is kept and will be answered").
			Try("slipway dead ls", "slipway services")
	case err != nil:
		return x.away(ctx, err)
	case answer.Kind.Happened == "refused" && x.many && strings.HasPrefix(answer.Reason, "already dropped"):
		l.State = letter.Dropped // another participant of its service was asked before it
	case answer.Kind.Happened == "refused":
		return fault.New("SLW-D019", "%s refused to %s letter %s", l.Participant, x.action, l.Name()).
			Because(answer.Reason).Rests(answer.ID, answer.Pos.Seq).Try(fmt.Sprintf("slipway dead show %s", l.Name()))
	default:
		l.State = answer.Kind.Happened
	}
	return nil
}
