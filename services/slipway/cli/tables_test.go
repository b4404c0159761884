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
