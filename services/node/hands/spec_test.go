package hands

import (
	"reflect"
	"testing"

	"slipway.dev/events"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
)

func TestVolumesReachTheDriverByName(t *testing.T) {
	h := &Hands{config: Config{Node: "n1"}}
	s, err := h.spec(node.Start{ID: "web-7-a1", Try: 1, App: "web", Spec: events.Spec{Volumes: map[string]events.SpecVolume{
		"tmp":  {Path: "var/tmp", Access: events.VolumeScratch},
		"data": {Path: "var/data", Access: events.VolumeSingle},
	}}})
	want := []driver.Volume{{Name: "data", Path: "var/data"}, {Name: "tmp", Path: "var/tmp", Scratch: true}}
	if err != nil || !reflect.DeepEqual(s.Volumes, want) {
		t.Errorf("volumes %+v, %v", s.Volumes, err)
	}
}
