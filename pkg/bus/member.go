package bus

import (
	"context"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// member is one participant in the convoy; it reads on by its reading.
type member struct {
	reading
	holds chan []service.Message // closed when there is nothing more to follow
	all   bool                   // everything was handed on, up to end; set before holds is closed
	end   events.Position
	gone  chan struct{} // closed when it does not follow any more
}

// take hands messages to the member; who does not take them in time is left behind
// and reads on by itself.
func (m *member) take(messages []service.Message, within time.Duration) bool {
	select {
	case m.holds <- messages:
		return true
	default:
	}
	patience := time.NewTimer(within)
	defer patience.Stop()
	select {
	case m.holds <- messages:
		return true
	case <-m.gone:
	case <-patience.C:
	}
	close(m.holds)
	return false
}

// follow delivers what is handed on, until there is nothing more.
func (m *member) follow(ctx context.Context) error {
	defer close(m.gone)
	ctx, leave, err := m.b.life.join(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for {
		select {
		case messages, more := <-m.holds:
			if !more {
				m.heardAll(m.all && m.arrived())
				return nil
			}
			if same, err := m.deliverAll(messages); err != nil || !same {
				return err
			}
		case <-ctx.Done():
			return nil // of its bus: it reads on when that is back
		}
	}
}

// arrived tells whether the member stands where the convoy ended: not with a position
// of another life of the log, or behind its end, about which its own reader tells.
func (m *member) arrived() bool {
	return m.at.IsZero() || m.at.Era == m.end.Era && !m.at.After(m.end)
}

// deliverAll delivers what the member has not heard; not if that is of another life
// of the log, about which its own reader tells.
func (m *member) deliverAll(messages []service.Message) (same bool, err error) {
	for i := range messages {
		x := &messages[i]
		switch {
		case !m.at.IsZero() && x.Pos.Era != m.at.Era:
			return false, nil
		case x.Pos.Seq <= m.at.Seq:
			continue
		}
		m.at = x.Pos
		if !m.wants(x.Subject) {
			continue
		}
		if err := m.to.Deliver(*x); err != nil {
			return false, err
		}
	}
	return true, nil
}
