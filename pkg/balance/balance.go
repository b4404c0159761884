package balance

import (
	"fmt"
	"strings"
	"time"
)

// Names of the rules, as they stand in the app file.
const (
	LeastRequestName = "least-request"
	RoundRobinName   = "round-robin"
	WeightedName     = "weighted"
	TwoChoicesName   = "p2c"
	HashName         = "hash"
)

// Names are those of all rules.
var Names = []string{LeastRequestName, RoundRobinName, WeightedName, TwoChoicesName, HashName}

// Balancer picks one of its members by index.
type Balancer interface {
	// Pick chooses a member that skip does not exclude (nil excludes nobody)
	// and adds one to its load; ok is false if there is none. The key serves
	// rules that hash, now those that ramp.
	Pick(key uint64, now time.Time, skip func(int) bool) (i int, ok bool)
	// Done takes back what one Pick of member i added.
	Done(i int)
}

// Member is one endpoint a balancer may pick.
type Member struct {
	ID     string    // name in the ledger
	Weight int       // 0..1000; 0 is listed and gets nothing
	Since  time.Time // when it came, for least-request and p2c to begin slowly; zero: long ago
}

// New returns the balancer of that name ("" is the default, least-request)
// over the members; it forgets the idle loads of everybody else in the ledger.
func New(name string, ledger *Ledger, members []Member) (Balancer, error) {
	switch name {
	case "", LeastRequestName:
		return &LeastRequest{seats: ledger.seat(members), ledger: ledger, last: -1}, nil
	case RoundRobinName:
		return &RoundRobin{seats: ledger.seat(members), ledger: ledger, last: -1}, nil
	case WeightedName:
		return newWeighted(ledger, members), nil
	case TwoChoicesName:
		return &TwoChoices{seats: ledger.seat(members), ledger: ledger}, nil
	case HashName:
		return newHash(ledger, members), nil
	}
	return nil, fmt.Errorf("balance %q: not one of %s", name, strings.Join(Names, ", "))
}
