package proxy

import (
	"errors"
	"time"
)

const (
	// paceBytes is the fewest a second that a body may bring, over paceOver: who
	// sends less holds a goroutine for next to nothing.
	paceBytes = 240
	paceOver  = 30 * time.Second
)

var errSlowBody = errors.New("body too slow")

// pace is how fast a client sends, by the time it was waited for alone: an
// endpoint that takes its time is not the client's doing.
type pace struct {
	waited time.Duration
	bytes  int64
}

// slow notes a read and reports whether too little came for as long as over.
func (p *pace) slow(bytes int, waited, over time.Duration) bool {
	p.bytes += int64(bytes)
	if p.waited += waited; p.waited < over {
		return false
	}
	slow := float64(p.bytes) < paceBytes*p.waited.Seconds()
	*p = pace{}
	return slow
}

// leftover is how long the server may go on reading a body that nobody wants any
// more, so that its client takes notice of the answer.
const leftover = 2 * time.Second

// unreadBody bounds that; without a bound a client that dribbles would hold its
// connection for good.
func (x *exchange) unreadBody() {
	if x.r.ProtoMajor == 1 && x.r.ContentLength != 0 {
		x.wire.readUntil(time.Now().Add(leftover))
	}
}

// silence is how long a body may bring nothing. A gRPC call is bounded as a whole,
// and once it is answered as any stream is.
func (b *body) silence() time.Duration {
	if b.streams() {
		return unlimited
	}
	return b.x.app.limits.BodySilence
}

func (b *body) streams() bool { return isGRPC(b.x.r.Header) }

// tooSlow notes a read that began then. A body that may be silent may be slow.
func (b *body) tooSlow(n int, began time.Time) bool {
	if b.streams() || b.x.app.limits.BodySilence >= unlimited {
		return false
	}
	return b.pace.slow(n, time.Since(began), b.x.p.paceOver)
}
