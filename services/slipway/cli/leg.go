package cli

import (
	"time"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// leg is one of the journeys a verb follows.
type leg struct {
	*view.Journey
	began   time.Time
	since   time.Time // when it began, or its release was planned if that is earlier
	blocked time.Time // since when no node has room for the size it asks for
	settled bool      // it is over
	ended   error     // why nobody follows it any more, if not because it came to its end

	tally   *view.Tally // of the requests since then
	counted int         // the release it was begun for
}

// cannotGrow is how long no node may have room for a size before a verb gives up on it.
const cannotGrow = 5 * time.Second

// settles tells whether the journey is over. An app whose declaration made no release
// is there when it is of its size: that is what was asked for.
func (l *leg) settles(s *session) bool {
	if l.settled || !l.Done() {
		return l.settled
	}
	l.Settle(s.log)
	if l.Outcome != "unchanged" || l.Goal != view.Completed {
		l.settled = true
		return true
	}
	lacks, there := s.log.Size(l.App, s.Now())
	switch {
	case there:
		l.settled = true
	case lacks == "":
		l.blocked = time.Time{}
	case l.blocked.IsZero():
		l.blocked = s.Now()
	case s.Now().Sub(l.blocked) > cannotGrow:
		l.ended = fault.New(planCode, "%s cannot be of the size its file asks for", l.App).Because(lacks).Try("slipway status " + l.App)
		l.settled = true
	}
	return l.settled
}
