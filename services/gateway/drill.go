package gateway

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/drill"
)

// Cut is the act of being cut off from the bus until a time. The hands answer drill.Done.
type Cut struct {
	ID    string // of the drill
	Until time.Time
}

// participant is a gateway's name among participants.
func participant(name string) string { return Owner + "-" + name }

// terms are what the gateway says of itself when it is asked for a drill.
func (c Config) terms(g *Gateway) drill.Terms {
	return drill.Terms{
		Of: events.OfDrill{Participant: participant(g.Name), Place: g.Name}, Boot: g.Incarnation, Obeys: c.Drills,
		Can: func(d events.Drill) (try int, cause, words string) {
			switch {
			case d.Kind != events.DrillPartition:
				return 0, "unknown", "a gateway knows no drill " + d.Kind
			case d.ForMs == 0:
				return 0, "invalid", "cut off for how long?"
			}
			return 0, "", ""
		},
	}
}
