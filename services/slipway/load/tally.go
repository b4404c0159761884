package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Counts is what became of the requests.
type Counts struct {
	Sent     int                  // all that were due and sent
	OK       int                  // answered with 200 to 399
	Failed   int                  // all others
	Outcomes map[string]int       // "GET 200", "POST 503", "GET error: …", "WS echo"
	Answers  map[string]int       // by the body's first word: the version that answered
	First    map[string]time.Time // when each answer was heard first
	Slow     []time.Duration      // times from due to answered, of those that were OK; sorted
	Opened   int                  // sockets, again and again
	Closed   int                  // sockets the server ended with a goodbye
	Cut      int                  // sockets that ended without one: at a drain deadline, or lost
	Ends     []time.Time          // when sockets were ended, closed or cut
	Shed     int                  // due but never sent: this client was at its limit
	Examples []string             // the first failures, in words
}

// wsEcho is the outcome of a socket's message.
const wsEcho = "WS echo"

// examplesMax is how many failures are kept in words.
const examplesMax = 20

// Percentile is the time within which so many of 100 were answered.
func (c Counts) Percentile(p float64) time.Duration {
	if len(c.Slow) == 0 {
		return 0
	}
	return c.Slow[min(int(float64(len(c.Slow))*p/100), len(c.Slow)-1)]
}

// String is one line, and one more for each outcome that is a failure.
func (c Counts) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d requests failed, p50 %s, p99 %s", c.Failed, c.Sent, c.Percentile(50).Round(100*time.Microsecond), c.Percentile(99).Round(100*time.Microsecond))
	for _, o := range slices.Sorted(maps.Keys(c.Outcomes)) {
		fmt.Fprintf(&b, "\n  %-40s %d", o, c.Outcomes[o])
	}
	if c.Closed+c.Cut > 0 {
		fmt.Fprintf(&b, "\n  sockets closed %d, cut %d", c.Closed, c.Cut)
	}
	for _, e := range c.Examples {
		b.WriteString("\n  " + e)
	}
	return b.String()
}

// tally counts while requests are under way.
type tally struct {
	mu sync.Mutex
	Counts
}

func newTally() *tally {
	return &tally{Counts: Counts{Outcomes: map[string]int{}, Answers: map[string]int{}, First: map[string]time.Time{}}}
}

func (t *tally) good(outcome, answer string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Sent++
	t.OK++
	t.Outcomes[outcome]++
	t.Slow = append(t.Slow, took)
	if answer == "" {
		return
	}
	if t.Answers[answer]++; t.Answers[answer] == 1 {
		t.First[answer] = time.Now()
	}
}

func (t *tally) bad(outcome, example string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Sent++
	t.Failed++
	t.Outcomes[outcome]++
	if len(t.Examples) < examplesMax {
		t.Examples = append(t.Examples, time.Now().Format("15:04:05.000 ")+outcome+": "+example)
	}
}

func (t *tally) count(what *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*what++
}

// ended notes the end of a socket.
func (t *tally) ended(how *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*how++
	t.Ends = append(t.Ends, time.Now())
}

// counts is a copy as it stands.
func (t *tally) counts() Counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.Counts
	c.Outcomes, c.Answers, c.First = maps.Clone(c.Outcomes), maps.Clone(c.Answers), maps.Clone(c.First)
	c.Ends = slices.Clone(c.Ends)
	c.Slow, c.Examples = slices.Sorted(slices.Values(c.Slow)), slices.Clone(c.Examples)
	return c
}
