package service

import (
	"container/heap"
	"time"
)

// dues is when keys want to be asked again: a heap of times with the newest word of
// each key beside it, so that an outdated entry is dropped when it surfaces.
type dues struct {
	heap  dueHeap
	newer map[keyOf]time.Time
}

type due struct {
	at  time.Time
	key keyOf
}

func (d *dues) set(k keyOf, at time.Time) {
	if d.newer == nil {
		d.newer = map[keyOf]time.Time{}
	}
	if at.IsZero() {
		delete(d.newer, k)
		return
	}
	if d.newer[k].Equal(at) {
		return
	}
	d.newer[k] = at
	heap.Push(&d.heap, due{at, k})
}

// take removes and returns the keys that are due.
func (d *dues) take(now time.Time) (keys []keyOf) {
	for len(d.heap) > 0 && !d.heap[0].at.After(now) {
		x := heap.Pop(&d.heap).(due)
		if d.newer[x.key].Equal(x.at) {
			delete(d.newer, x.key)
			keys = append(keys, x.key)
		}
	}
	return keys
}

// first is the earliest time of all; zero for none.
func (d *dues) first() time.Time {
	for len(d.heap) > 0 && !d.newer[d.heap[0].key].Equal(d.heap[0].at) {
		heap.Pop(&d.heap)
	}
	if len(d.heap) == 0 {
		return time.Time{}
	}
	return d.heap[0].at
}

type dueHeap []due

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(due)) }
func (h *dueHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
