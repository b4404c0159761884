package version

import (
	"regexp"
	"testing"
)

// The line of the contract: slipway 0.1.0 (commit abc1234, go1.26, nats 2.15.2, catalogue 3f9a…).
func TestTheLineAPersonReads(t *testing.T) {
	want := regexp.MustCompile(`^slipway \d+\.\d+\.\d+ \(commit \S+, go\S+, nats \d+\.\d+\.\d+, catalogue [0-9a-f]{12}\)$`)
	if got := Of().String(); !want.MatchString(got) {
		t.Errorf("%q", got)
	}
}
