package cli

import (
	"context"

	"slipway.dev/services/slipway/fault"
)

// full tells that a wish stays unanswered because the log has no room for an answer;
// nil: it has.
func (s *session) full(ctx context.Context) error {
	info, err := s.bus.Info(ctx)
	if err != nil || !info.Near() {
		return nil
	}
	return fault.New("SLW-C009", "the log is %d %% full: nothing can be decided", info.Percent()).
		Because("what was wished is kept and answered once the log has room").Try("slipway doctor")
}
