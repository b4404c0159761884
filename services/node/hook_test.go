package node

import (
	"testing"

	"slipway.dev/events"
)

// TestAHookGetsNoVolumeThatStays: it runs beside the instance that has it.
func TestAHookGetsNoVolumeThatStays(t *testing.T) {
	spec := &events.Spec{Volumes: map[string]events.SpecVolume{
		"data": {Path: "data", Access: events.VolumeSingle}, "tmp": {Path: "tmp", Access: events.VolumeScratch},
	}}
	got := made(&Instance{Role: events.RoleHook}, spec).Volumes
	if _, scratch := got["tmp"]; len(got) != 1 || !scratch {
		t.Errorf("a hook gets %v", got)
	}
	if n := len(made(&Instance{Role: events.RoleService}, spec).Volumes); n != 2 || len(spec.Volumes) != 2 {
		t.Errorf("an instance gets %d volumes of 2; %d left in its spec", n, len(spec.Volumes))
	}
}
