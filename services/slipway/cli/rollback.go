package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

func newRollbackCommand(env *Env) *cobra.Command {
	var to ordinal
	cmd := env.steering(steer{
		action: "rollback", short: "Return to an earlier release",
		examples: "  slipway rollback shop\n  slipway rollback shop --to 6",
		check:    func(s *session, app string) error { return s.reachable(app, int(to)) },
		ask: func(of events.OfApp, message string) events.Payload {
			return events.WishRollbackRequested{OfApp: of, To: int(to), Message: message}
		},
	})
	cmd.Flags().Var(&to, "to", "release (default: the previous completed one of another revision)")
	return cmd
}

// reachable refuses a release that is not kept before anything is wished.
func (s *session) reachable(app string, to int) error {
	r := s.log.Read(app, s.Now())
	if to == 0 || r.Goal(to) != nil {
		return nil
	}
	f := fault.New("SLW-D017", "release %s is not kept", view.ReleaseName(app, to))
	kept := r.Kept()
	if len(kept) == 0 {
		return f.Because("no earlier release is kept").Try("slipway history " + app)
	}
	f.Because("kept are " + strings.Trim(fmt.Sprint(kept), "[]"))
	return f.Try(fmt.Sprintf("slipway rollback %s --to %d", app, kept[len(kept)-1]), "slipway history "+app)
}
