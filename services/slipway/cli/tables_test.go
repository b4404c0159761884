package cli

import (
	"bytes"
	"testing"
	"time"

	"slipway.dev/services/slipway/golden"
	"slipway.dev/services/slipway/view"
)

// TestServicesTable compares the table of services with its golden file.
func TestServicesTable(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 2, 0, 0, time.UTC)
	s := &session{Env: &Env{UTC: true, Now: func() time.Time { return now }}}
	began := view.Time{Time: now.Add(-time.Minute)}
	var b bytes.Buffer
	err := s.servicesTable(&b, []view.Service{
		{ID: "deployer", State: view.Ready, Snapshot: 18000, Copies: []view.Copy{
			{ID: "host-41", State: view.Ready, Pid: 41, StartedAt: began, Position: 18190, Version: "0.1.0", Level: 1},
			{ID: "host-42", State: view.CatchingUp, Pid: 42, StartedAt: began, Position: 90, Lag: 18100, Version: "0.1.0", Level: 1},
		}},
		{ID: "registry", State: view.Silent, Lag: 18190, Dead: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "services.golden", b.String())
}

// TestStatusTable compares the table of an app on its way with its golden file: what
// judges the release stands below it, and what has passed does not.
func TestStatusTable(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 2, 0, 0, time.UTC)
	s := &session{Env: &Env{UTC: true, Now: func() time.Time { return now }}}
	app := view.App{
		App: "shop", State: "paused", Reason: "step 1 is done", Current: 1, Target: 2, Replicas: view.Replicas{Want: 1, Ready: 1},
		Releases: []view.Release{{Release: 2, Version: "v2", State: "paused", Want: 0.05, Instances: []view.Member{
			{ID: "shop-2-a1", Node: "n1", State: "ready", Since: view.Time{Time: now.Add(-time.Minute)}},
		}}},
		Rollout: &view.Rollout{Release: 2, Checks: []view.Check{
			{Run: "background", State: "running", Wants: "errors ≤ 1.0% every 30s", Verdict: "success", Said: "errors 0.2% ≤ 1.0% over 30s"},
			{Run: "background", State: "running", Wants: "latency p95 ≤ 20ms above stable every 30s"},
			{Run: "step-1", State: "passed", Wants: "errors ≤ 1.0% every 5s", Verdict: "success", Said: "errors 0.1% ≤ 1.0% over 5s"},
		}},
	}
	var b bytes.Buffer
	if err := s.statusTable(&b, []view.App{app}); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "status.golden", b.String())
}
