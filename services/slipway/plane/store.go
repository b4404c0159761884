package plane

import (
	"context"
	"time"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/slipway/fault"
)

// storeEvery is the time between two looks at the store of the embedded server.
const storeEvery = 2 * time.Second

// store watches the embedded server's store. One that failed a write takes no more,
// even when its disk has room again, until the server is started anew: that is done
// here, and the connections come back by themselves.
func (h *host) store(s *bus.Server) part {
	log := h.logger("store")
	return part{name: "store", blind: true, log: log, run: func(ctx context.Context, ready func()) error {
		ready()
		for told := false; wait.For(ctx, storeEvery); {
			err := s.WriteError()
			switch {
			case err == nil:
				told = false
			case !s.Room():
				if !told {
					log.Error().Err(err).Str("data", h.data).Msg("the disk is full: nothing is decided until it has room")
				}
				told = true
			default:
				log.Error().Err(err).Str("data", h.data).Msg("the disk has room again: the bus is started anew")
				if err := s.Restart(); err != nil {
					return fault.New("SLW-C010", "the store of %s takes no writes: %v", h.data, err)
				}
			}
		}
		return nil
	}}
}
