package wait

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		begun := time.Now()
		for _, x := range []struct {
			d, took time.Duration
			passed  bool
		}{{0, 0, true}, {-time.Second, 0, true}, {20 * time.Second, 20 * time.Second, true}, {time.Hour, time.Minute, false}, {0, time.Minute, false}} {
			if passed := For(ended, x.d); passed != x.passed {
				t.Errorf("%s: passed %t", x.d, passed)
			}
			if took := time.Since(begun); x.passed && x.d > 0 && took != x.took || !x.passed && took != time.Minute {
				t.Errorf("%s: over after %s", x.d, took)
			}
		}
	})
}
