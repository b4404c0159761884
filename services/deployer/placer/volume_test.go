package placer

import (
	"strings"
	"testing"

	"slipway.dev/events"
)

func TestASingleVolumeIsOneInstancesAtATime(t *testing.T) {
	f := newFleet(t)
	f.join("n1", "", 8000, 8<<30)
	f.join("n2", "", 8000, 8<<30)
	data := needs(events.VolumeClaim{Volume: "data", Alone: true})
	home, _ := f.place(ask("web", 1, data))
	if node, lacks := f.place(ask("web", 2, data)); node != "" || !strings.Contains(lacks, "1 volume web/data taken, 1 volume-elsewhere") && !strings.Contains(lacks, "1 volume-elsewhere (data lives on "+home+"), 1 volume web/data taken") {
		t.Errorf("a second one was placed on %q, lacks %q", node, lacks)
	}
	if node, lacks := f.place(ask("shop", 1, data)); node == "" {
		t.Errorf("another app's volume of that name: %s", lacks)
	}
	f.hear(events.InstanceStopped{OfInstance: events.OfInstance{App: "web", Node: home, Instance: "web-1-a1"}})
	f.settle()
	if node := f.Requests["web-1-a2"].Node; node != home {
		t.Errorf("once the first has stopped the second is on %q, want %s", node, home)
	}
}
