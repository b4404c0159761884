package sim

import (
	"fmt"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Crowd makes the log nearly full, or gives it room again: meanwhile it takes only
// decisions all of whose kinds are essential.
func (l *Log) Crowd(near bool) { l.crowded = near }

func (l *Log) admit(es []events.Event) error {
	if l.crowded && !events.Essential(es) {
		return fmt.Errorf("%w: only what is essential is said", service.ErrFull)
	}
	return nil
}
