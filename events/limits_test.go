package events

import (
	"strings"
	"testing"
)

func TestLimitsFitIntoEachOther(t *testing.T) {
	// what the bus adds to a body: id, guard, subject, stream and content type
	const headers = 4 * MaxSubjectBytes
	for _, c := range []struct {
		what         string
		small, large int
	}{
		{"a body and its headers fit a message", MaxBodyBytes + headers, MaxEventBytes},
		{"a message and its reason fit a dead letter", MaxEventBytes + 2*MaxReasonBytes + headers, MaxDeadBytes},
		{"a dead letter fits the server's payload", MaxDeadBytes + 1, MaxPayloadBytes},
		{"the largest event fits a decision", MaxBodyBytes, MaxAppendBytes},
		{"a batch is longer than a chain", MaxChain + 1, MaxAppendEvents},
		{"an escaped name fits a subject", 3*MaxNameBytes + len("slipway.event..provisioner._.entity.promotion-refused"), MaxSubjectBytes},
		{"an id of a fact fits an id", 32, MaxIDBytes},
		{"a reason is longer than any other extension", MaxExtBytes, MaxReasonBytes},
		{"dead letters are larger than what they hold", MaxEventBytes, MaxDeadBytes},
	} {
		if c.small > c.large {
			t.Errorf("%s: %d > %d", c.what, c.small, c.large)
		}
	}
	for _, c := range []struct {
		what         string
		small, large int64
	}{
		{"a decision waits less than being behind", int64(DecideDelay), int64(MaxBehind)},
		{"a lease lives longer than two renewals", int64(2 * LeaseEvery), int64(LeaseTTL)},
		{"a lease lives longer than two renewals in a cluster", int64(2 * LeaseEveryCluster), int64(LeaseTTLCluster)},
		{"a Say is given up before its duplicate could be forgotten", int64(SayAge), int64(DedupWindow)},
		{"a wish is answered before it is forgotten", int64(WishAge), int64(30 * day)},
	} {
		if c.small >= c.large {
			t.Errorf("%s: %d >= %d", c.what, c.small, c.large)
		}
	}
}

func TestAPoolOfManyEndpointsFitsABody(t *testing.T) {
	pool := PoolChanged{OfGeneration: OfGeneration{App: "web", Generation: 1}}
	for range MaxEndpoints {
		pool.Endpoints = append(pool.Endpoints, PoolEndpoint{
			Endpoint: "shop-checkout-1234-a1234", Release: 1234, Node: "node-with-a-long-name-17.example",
			Address: "192.168.117.213:65535", Protocol: "http", Weight: 1000, Zone: "zone-a-of-three",
			Ready: true, Serving: true, Terminating: true, Suspect: true, DrainMs: 30_000,
		})
	}
	e := sampleOf(K[PoolChanged](), pool)
	if body := encode(t, e); len(body) > MaxBodyBytes {
		t.Errorf("%d bytes", len(body))
	}
}

func TestStreams(t *testing.T) {
	names := make(map[string]bool)
	for i, s := range Streams {
		if !strings.HasPrefix(s.Name, "SLIPWAY_") || names[s.Name] || s.Description == "" {
			t.Errorf("stream %q", s.Name)
		}
		names[s.Name] = true
		if s.MaxBytesDev <= 0 || s.MaxBytesDev > s.MaxBytes || s.MaxMsgBytes <= 0 || s.MaxMsgBytes > MaxPayloadBytes {
			t.Errorf("%s: sizes %d, %d, %d", s.Name, s.MaxBytesDev, s.MaxBytes, s.MaxMsgBytes)
		}
		if s.MaxAge != 0 && s.DedupWindow > s.MaxAge {
			t.Errorf("%s: remembers ids for longer than messages", s.Name)
		}
		if s.AsyncWrites && s.AllowAtomic {
			t.Errorf("%s: the server refuses both", s.Name)
		}
		for _, other := range Streams[i+1:] {
			if overlap(s.Subjects[0], other.Subjects[0]) {
				t.Errorf("%s and %s hold the same subjects", s.Name, other.Name)
			}
		}
	}
	log := Streams[0]
	if log.Name != StreamEvents || !log.DiscardNew || !log.DenyDelete || !log.DenyPurge || log.MaxAge != 0 || log.MaxPerSubject != -1 {
		t.Errorf("the log forgets: %+v", log)
	}
}
