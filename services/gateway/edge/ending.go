package edge

import (
	"time"

	"slipway.dev/services/gateway/proxy"
)

// lingerHeir is how long, with a successor, clients are still told to close with
// their next answer: twice the time after which an idle one is closed anyway.
const lingerHeir = 2 * proxy.ClientIdle

// StreamsMax is the streams' time with a successor, unless the config has another.
const StreamsMax = 15 * time.Second

// sampleBefore the end it is counted what will be cut.
const sampleBefore = 50 * time.Millisecond

// ending is how long what is left may take at a clean end.
type ending struct {
	linger  time.Duration // idle clients may still send
	streams time.Duration // then streams are cut
	all     time.Duration // then everything is
}

// ending is short, for whoever waits for the process; with a successor nobody does.
func (d *Driver) ending() ending {
	if !d.heir.Load() {
		return ending{linger: d.cfg.Linger, streams: d.cfg.Drain, all: d.cfg.Drain}
	}
	return ending{linger: lingerHeir, streams: d.cfg.Streams, all: max(lingerHeir, d.cfg.Streams)}
}

// cuts begins to cut when it is time. What it returns ends that, and tells how many
// requests and streams were cut; whole: no server had to cut anything.
func (e ending) cuts(d *Driver) func(whole bool) int {
	rest, streams := make(chan int, 1), make(chan int, 1)
	last := time.AfterFunc(e.all-sampleBefore, func() { rest <- d.inFlight() })
	first := time.AfterFunc(e.streams, func() { streams <- d.proxy.EndStreams() })
	return func(whole bool) (n int) {
		if !last.Stop() && !whole {
			n += <-rest
		}
		if e.streams < e.all && !first.Stop() {
			n += <-streams
		}
		return n
	}
}
