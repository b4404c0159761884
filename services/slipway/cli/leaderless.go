package cli

import (
	"context"
	"time"

	"slipway.dev/events"
)

// leaderWait is how long the servers may owe the first answer before that is said: a
// cluster that elects a leader answers again within some seconds.
const leaderWait = 3 * time.Second

// leaderless says that servers answer and none of them leads.
const leaderless = "waiting: no server leads the log: nothing is read, wished or decided until most of them are there again (slipway doctor)"

// head is where the log ends. Servers of which none leads never tell: that is said
// while the verb goes on to wait for them.
func (s *session) head(ctx context.Context) (events.Position, error) {
	type answer struct {
		at  events.Position
		err error
	}
	told := make(chan answer, 1)
	go func() {
		at, err := s.bus.Head(ctx)
		told <- answer{at, err}
	}()
	late := time.NewTimer(leaderWait)
	defer late.Stop()
	select {
	case a := <-told:
		return a.at, a.err
	case <-late.C:
		s.tellLeaderless()
	}
	a := <-told
	return a.at, a.err
}

// tellLeaderless says so, once.
func (s *session) tellLeaderless() {
	if !s.leaderTold {
		s.leaderTold = true
		s.hint(leaderless)
	}
}
