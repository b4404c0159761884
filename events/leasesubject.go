package events

import (
	"fmt"
	"strings"
)

const leasePrefix = "slipway.lease."

// LeaseSubject spells where a holder says it is alive: kind is node, gateway,
// service or endpoint (whose holder is two names, app and endpoint).
func LeaseSubject(kind string, holder ...string) string {
	s := leasePrefix + kind
	for _, h := range holder {
		s += "." + token(h)
	}
	return s
}

// ParseLease is the inverse of LeaseSubject: it accepts what that spells and nothing
// else. The holder is one name, an endpoint's two.
func ParseLease(subject string) (kind string, holder []string, err error) {
	rest, ok := strings.CutPrefix(subject, leasePrefix)
	if !ok {
		return "", nil, fmt.Errorf("subject %q: want slipway.lease.<kind>.<holder>", subject)
	}
	tokens := strings.Split(rest, ".")
	if kind = tokens[0]; !isWord(kind) || len(tokens) < 2 {
		return "", nil, fmt.Errorf("subject %q: want slipway.lease.<kind>.<holder>", subject)
	}
	for _, t := range tokens[1:] {
		name, err := untoken(t)
		if err != nil {
			return "", nil, fmt.Errorf("subject %q: %w", subject, err)
		}
		holder = append(holder, name)
	}
	return kind, holder, nil
}
