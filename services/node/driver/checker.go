package driver

import (
	"context"
	"hash/fnv"
	"strconv"
	"time"
)

// toldInARow is the largest rise or fall an app file may ask for: the same result more often in a row decides nothing new.
const toldInARow = 20

// CheckResult is the outcome of one run of a check.
type CheckResult struct {
	OK          bool
	Consecutive int    // how many in a row had this outcome, this one included, from 1
	Reason      string // why it failed
}

// Checker runs checks again and again. Whether a row of results means ready or unready is the decider's to say.
type Checker struct {
	Driver interface {
		Check(ctx context.Context, id string, c Check) error
	}
}

// Run checks the instance at once and then every interval ± 10 %, until ctx ends. Two runs never overlap: one that takes
// longer than the interval delays the next. Report hears every result that can change a verdict: the first 20 of each row.
func (c Checker) Run(ctx context.Context, id string, check Check, report func(CheckResult)) {
	check = check.WithDefaults()
	var last CheckResult
	for n := 0; ; n++ {
		next := time.NewTimer(period(check.Interval, id, n))
		err := c.once(ctx, id, check)
		if ctx.Err() != nil {
			next.Stop()
			return
		}
		last = last.followedBy(err)
		if last.Consecutive <= toldInARow {
			report(last)
		}
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-next.C:
		}
	}
}

func (c Checker) once(ctx context.Context, id string, check Check) error {
	ctx, cancel := context.WithTimeout(ctx, check.Timeout)
	defer cancel()
	return c.Driver.Check(ctx, id, check)
}

func (r CheckResult) followedBy(err error) CheckResult {
	next := CheckResult{OK: err == nil, Consecutive: 1}
	if err != nil {
		next.Reason = err.Error()
	}
	if r.Consecutive > 0 && r.OK == next.OK {
		next.Consecutive = r.Consecutive + 1
	}
	return next
}

// period spreads the checks of many instances that started together; the same instance always gets the same times.
func period(interval time.Duration, id string, n int) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(id + "/" + strconv.Itoa(n)))
	return interval*9/10 + interval/5*time.Duration(h.Sum32()%1000)/1000
}
