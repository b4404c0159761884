package view

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// TestServiceOf: a service stands as its best copy does.
func TestServiceOf(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	beat := func(service, name string, ago time.Duration, head uint64, ready bool) Beat {
		return Beat{service, name, events.LeaseBody{Pid: 42, Head: head, Ready: ready, Level: 1, Version: "0.1.0"}, now.Add(-ago)}
	}
	ready, lags := beat("deployer", "a-1", time.Second, 100, true), beat("deployer", "a-2", time.Second, 90, true)
	begins, gone := beat("deployer", "a-3", 0, 10, false), beat("deployer", "a-4", events.LeaseTTL+time.Second, 100, true)
	for name, c := range map[string]struct {
		beats  []Beat
		state  string
		lag    uint64
		copies int
	}{
		"nobody":            {nil, "silent", 100, 0},
		"another service":   {[]Beat{beat("registry", "a-1", 0, 100, true)}, "silent", 100, 0},
		"one that is gone":  {[]Beat{gone}, "silent", 100, 1},
		"one that begins":   {[]Beat{begins, gone}, "catching-up", 90, 2},
		"one that lags":     {[]Beat{lags, begins}, "lagging", 10, 2},
		"one that is ready": {[]Beat{gone, lags, begins, ready}, "ready", 0, 4},
	} {
		s := ServiceOf(deployer.Service(deployer.Config{}), c.beats, 100, now, events.LeaseTTL)
		if s.State != c.state || s.Lag != c.lag || len(s.Copies) != c.copies {
			t.Errorf("%s: %s, lag %d, %d copies; want %+v", name, s.State, s.Lag, len(s.Copies), c)
		}
		if len(s.Hears) == 0 || len(s.Says) == 0 || s.Name() != "deployer" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if s := ServiceOf(deployer.Service(deployer.Config{}), []Beat{lags}, 100, now, events.LeaseTTL); s.Copies[0].Position != 90 || s.Copies[0].Lag != 10 || s.Copies[0].Pid != 42 {
		t.Errorf("%+v", s.Copies[0])
	}
	if s := ServiceOf(deployer.Service(deployer.Config{}), []Beat{gone}, 100, gone.Stored.Add(events.LeaseTTLCluster), events.LeaseTTLCluster); s.State == Silent {
		t.Errorf("silent within a cluster's TTL: %+v", s)
	}
	if b, ok := BeatOf("slipway.lease.service.deployer-host-a-42"); !ok || b.Service != "deployer" || b.Copy != "host-a-42" {
		t.Errorf("%+v", b)
	}
	for _, subject := range []string{"slipway.lease.node.n1", "slipway.lease.service.deployer"} {
		if b, ok := BeatOf(subject); ok {
			t.Errorf("%s: %+v", subject, b)
		}
	}
}
