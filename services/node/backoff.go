package node

import (
	"hash/fnv"
	"strconv"
	"time"
)

// Waits between two attempts to fetch.
const (
	fetchMin = time.Second
	fetchMax = time.Minute
)

// doubled is the wait after the nth failure in a row: least, then twice as long each time, never more than most.
func doubled(least, most time.Duration, failures int) time.Duration {
	wait := least
	for n := 1; n < failures && wait < most; n++ {
		wait *= 2
	}
	return max(0, min(wait, most))
}

// jittered takes off up to a fifth, by hash: what failed together does not come back together, and twins agree.
func jittered(wait time.Duration, id string, try int) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(id + "/" + strconv.Itoa(try)))
	off := wait / 5 * time.Duration(h.Sum32()%1000) / 1000
	return (wait - off).Truncate(time.Millisecond)
}
