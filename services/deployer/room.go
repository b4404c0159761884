package deployer

import (
	"strconv"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Room is hearsay of how full the log is. A log that is nearly full takes no
// declaration; what was accepted before runs to its end.
type Room struct {
	Percent int  // of the log's size that is used
	Near    bool // so much that only what is essential is said
}

// touched: whether a declaration is accepted concerns every app, a load window its own.
func touched(sig service.Signal) []string {
	if _, ok := sig.Data.(Room); ok {
		return []string{service.All}
	}
	return measuredTouched(sig)
}

// senseRoom notes how full the log is.
func (a *App) senseRoom(sig service.Signal) {
	if r, ok := sig.Data.(Room); ok {
		*a.room.Get() = r
	}
}

// crowded refuses a declaration that the log would not take: unanswered it would
// stand before all else the app has to say. Empty: there is room.
func (v view) crowded(w events.Event) (say service.Says) {
	if r := *v.room.Get(); r.Near {
		return v.refuseWith(w, []events.Refusal{{
			Code: "log-full", Text: "the log is " + strconv.Itoa(r.Percent) + " % full and takes no declaration: give it more room",
		}})
	}
	return say
}
