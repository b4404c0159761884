package progress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// TestTreeIsPaintedSeldom: however many facts come, a picture is made at most every
// 200 ms, and once more at the end, for good.
func TestTreeIsPaintedSeldom(t *testing.T) {
	var to strings.Builder
	now, asked, last := noon, 0, false
	v := New(TTY, Options{To: &to, Width: func() int { return 0 }, Now: func() time.Time { return now }, Picture: func(over bool) []string {
		asked, last = asked+1, over
		return []string{fmt.Sprintf("picture %d", asked)}
	}})
	for range 100 { // one second
		v.Fact(events.Event{}, nil)
		v.Tick()
		now = now.Add(10 * time.Millisecond)
	}
	if asked != 5 || last {
		t.Errorf("%d pictures within a second", asked)
	}
	v.Say("waiting: no deployer is alive")
	v.End()
	if asked != 7 || !last {
		t.Errorf("%d pictures in all, the last one for good: %t", asked, last)
	}
}
