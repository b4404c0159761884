package edge

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"slipway.dev/events"
	"slipway.dev/services/gateway/proxy"
)

const (
	accessRing  = 16 << 20 // bytes of records that wait for the bus; beyond, the oldest are dropped
	accessLanes = 8        // parts of the buffer, so that requests seldom meet; a power of two
	laneMax     = 8192     // records of one part that wait to be written; beyond, the new are dropped
	batchHead   = 128      // bytes that a batch needs beside its records
)

// accessLog keeps records until they are taken as batches.
type accessLog struct {
	gateway     string
	ring        int
	lanes       [accessLanes]accessLane
	waiting     atomic.Int64
	skipped     atomic.Uint64 // records that found their lane full
	full        chan struct{} // a batch is complete
	incarnation atomic.Int64  // of the gateway; nothing is told before it is known

	mu     sync.Mutex
	order  []*proxy.Record // being written, as the requests began; kept for its memory
	pen    pen
	n      uint64 // of the last record written
	told   uint64 // of the last record taken
	chunks []chunk
	bytes  int
}

type accessLane struct {
	mu   sync.Mutex
	list []proxy.Record
	out  []proxy.Record // being written; guarded by accessLog.mu
	_    [8]byte
}

// chunk is the records of a batch, written.
type chunk struct {
	first, last uint64
	records     []byte
}

func newAccessLog(gateway string, ring int) *accessLog {
	return &accessLog{gateway: gateway, ring: ring, full: make(chan struct{}, 1)}
}

// put keeps a record and waits for nobody.
func (a *accessLog) put(r *proxy.Record) {
	lane := &a.lanes[rand.Uint32()&(accessLanes-1)]
	lane.mu.Lock()
	if len(lane.list) >= laneMax {
		lane.mu.Unlock()
		a.skipped.Add(1)
		return
	}
	lane.list = append(lane.list, *r)
	lane.mu.Unlock()
	if a.waiting.Add(1)%events.MaxAccessRecords == 0 {
		select {
		case a.full <- struct{}{}:
		default:
		}
	}
}

// write numbers what was put and cuts it into batches.
func (a *accessLog) write() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.collect()
	a.n += a.skipped.Swap(0) // holes show the loss
	var c chunk
	for _, r := range a.order {
		a.n++
		line := a.pen.record(r, a.n)
		if n := a.n - c.first; c.first > 0 && (n == events.MaxAccessRecords || len(c.records)+len(line) > events.MaxAccessBytes-batchHead) {
			a.keep(c)
			c = chunk{}
		}
		if c.first == 0 {
			c.first, c.records = a.n, make([]byte, 0, min(len(a.order)*(len(line)+8), events.MaxAccessBytes))
		} else {
			c.records = append(c.records, ',')
		}
		c.records, c.last = append(c.records, line...), a.n
	}
	if c.first > 0 {
		a.keep(c)
	}
	clear(a.order)
	for i := range a.lanes {
		clear(a.lanes[i].out)
	}
}

// collect takes what the lanes hold; each has two lists and gives them in turn.
func (a *accessLog) collect() {
	a.order = a.order[:0]
	for i := range a.lanes {
		lane := &a.lanes[i]
		lane.mu.Lock()
		lane.list, lane.out = lane.out[:0], lane.list
		lane.mu.Unlock()
		for i := range lane.out {
			a.order = append(a.order, &lane.out[i])
		}
	}
	a.waiting.Add(int64(-len(a.order)))
	slices.SortFunc(a.order, func(x, y *proxy.Record) int { return x.Start.Compare(y.Start) })
}

func (a *accessLog) keep(c chunk) {
	a.chunks, a.bytes = append(a.chunks, c), a.bytes+len(c.records)
	for a.bytes > a.ring && len(a.chunks) > 1 {
		a.shift()
	}
}

func (a *accessLog) shift() chunk {
	c := a.chunks[0]
	a.chunks[0] = chunk{}
	a.chunks, a.bytes = a.chunks[1:], a.bytes-len(c.records)
	return c
}

// Next is ship.Source's: the next batch, and how many records were lost before it.
func (a *accessLog) Next() (subject, id string, body []byte, ok bool) {
	incarnation := a.incarnation.Load()
	a.mu.Lock()
	defer a.mu.Unlock()
	if incarnation == 0 || len(a.chunks) == 0 {
		return "", "", nil, false
	}
	c := a.shift()
	dropped := c.first - a.told - 1
	a.told = c.last
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"incarnation":%d,"first":%d,"last":%d,"dropped":%d,"records":[`, incarnation, c.first, c.last, dropped)
	b.Write(c.records)
	b.WriteString("]}")
	return events.AccessSubject(a.gateway), fmt.Sprintf("access/%s/%d/%d", a.gateway, incarnation, c.first), b.Bytes(), true
}
