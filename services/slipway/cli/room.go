package cli

import (
	"context"
	"time"

	"slipway.dev/services/slipway/fault"
)

// roomWait is how long a verb that follows something waits to be told how full the log is.
const roomWait = 2 * time.Second

// full tells that a wish stays unanswered because the log has no room for an answer;
// nil: it has. leads is false where no server tells.
func (s *session) full(ctx context.Context) (leads bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, roomWait)
	defer cancel()
	info, err := s.bus.Info(ctx)
	switch {
	case err != nil:
		return false, nil
	case !info.Near():
		return true, nil
	}
	return true, fault.New("SLW-C009", "the log is %d %% full: nothing can be decided", info.Percent()).
		Because("what was wished is kept and answered once the log has room").Try("slipway doctor")
}
