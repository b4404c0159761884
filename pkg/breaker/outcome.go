package breaker

import (
	"fmt"
	"strings"
)

// Statuses that say that a server cannot, as RFC 9110 and RFC 6585 number them.
const (
	tooManyRequests = 429
	internalError   = 500
	badGateway      = 502
	unavailable     = 503
	gatewayTimeout  = 504
)

// Cause is how a request ended, as a breaker counts it.
type Cause uint8

// The causes. Good is every complete answer that is no failure.
const (
	Good          Cause = iota
	Shed                // 429: counts in the rate, not in the run
	Dial                // no connection
	Reset               // the connection broke
	HeaderTimeout       // no answer's header in time
	Status              // 502, 503, 504, and 500 where it counts
	causes
)

var words = [causes]string{"good", "shed", "dial", "reset", "header timeout", "bad status"}

// String is the cause in an operator's words.
func (c Cause) String() string { return words[c] }

// failure tells whether the cause extends the run of failures.
func (c Cause) failure() bool { return c >= Dial }

// OfStatus is the cause an answer's status stands for.
func OfStatus(status int, count500 bool) Cause {
	switch status {
	case tooManyRequests:
		return Shed
	case badGateway, unavailable, gatewayTimeout:
		return Status
	case internalError:
		if count500 {
			return Status
		}
	}
	return Good
}

// Causes are how many of each.
type Causes [causes]int

// String lists them: "3 dial, 2 reset".
func (c Causes) String() string {
	var parts []string
	for cause, n := range c {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, Cause(cause)))
		}
	}
	return strings.Join(parts, ", ")
}
