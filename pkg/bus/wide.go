package bus

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// errNarrow ends a life that read more than was asked for.
var errNarrow = errors.New("heard everything, reading on with the filters")

// wide tells whether the next consumer reads the whole stream and what matches no
// filter is dropped here. While there is much to read that is many times as fast: for
// every message of several filters the server walks the subjects of a block, and one
// filter costs it nothing. Who has caught up reads on with the filters.
func (r *reading) wide() bool { return r.from.kept && !r.caughtUp && len(r.from.filters) > 1 }

// whole tells whether the present consumer reads everything there is.
func (r *reading) whole() bool {
	return r.wide() || len(r.from.filters) == 1 && r.from.filters[0] == wholeLog
}

// wants tells whether a subject matches a filter.
func (r *reading) wants(subject string) bool {
	if len(r.from.filters) == 1 && r.from.filters[0] == wholeLog {
		return true // a log holds nothing else
	}
	return slices.ContainsFunc(r.from.filters, func(f string) bool { return subjectMatches(f, subject) })
}

func (r *reading) config() jetstream.ConsumerConfig {
	cfg := jetstream.ConsumerConfig{
		Name:              fmt.Sprintf("%s_%d", r.name, r.opened+r.failures+1),
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       r.at.Seq + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: inactiveAfter,
		MemoryStorage:     true,
		Replicas:          1,
	}
	switch {
	case r.wide():
		cfg.FilterSubject = wholeLog
	case len(r.from.filters) == 1:
		cfg.FilterSubject = r.from.filters[0]
	default:
		cfg.FilterSubjects = r.from.filters
	}
	if r.at.IsZero() && r.from.policy != jetstream.DeliverAllPolicy {
		cfg.DeliverPolicy, cfg.OptStartSeq = r.from.policy, 0
		if r.from.policy == jetstream.DeliverByStartTimePolicy {
			cfg.OptStartTime = &r.from.since
		}
	}
	return cfg
}
