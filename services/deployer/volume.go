package deployer

import (
	"fmt"

	"slipway.dev/events"
)

// codeVolumeElsewhere is a refusal's code and the beginning of a reason to be blocked.
const codeVolumeElsewhere = "volume-elsewhere"

// settle notes where the app's volumes live, from their first placement on.
func (a *App) settle(d events.PlacementPlaced) {
	for _, v := range d.Volumes {
		if a.Volumes[v.Volume] == "" {
			a.Volumes[v.Volume] = d.Node
		}
	}
}

// freeVolumes lets the volumes of a node that was given up live anywhere.
func freeVolumes(volumes map[string]string, e events.Event) {
	d, ok := e.Data.(events.EvacuationFinished)
	if !ok || d.Cause != events.EvacuationRemoval {
		return
	}
	for volume, node := range volumes {
		if node == d.Node {
			delete(volumes, volume)
		}
	}
}

// volumesElsewhere are the volumes of a document that live where its instances can
// never go. A node that is silent may come back: that only blocks.
func (v view) volumesElsewhere(d events.Document) (reasons []events.Refusal) {
	no := func(volume, format string, args ...any) {
		reasons = append(reasons, events.Refusal{Code: codeVolumeElsewhere, Field: "volumes." + volume, Text: fmt.Sprintf(format, args...)})
	}
	first := ""
	for _, c := range d.Spec().Claims(true) {
		home := v.Volumes[c.Volume]
		n := v.fleet.Nodes[home]
		switch {
		case home == "":
			continue
		case n == nil || n.gone():
			no(c.Volume, "lives on %s, which has left", home)
		case !n.runs(d.Driver):
			no(c.Volume, "lives on %s, which does not run driver %s", home, d.Driver)
		case !n.meets(d.Placement.Require):
			no(c.Volume, "lives on %s, which is outside placement.require", home)
		case first != "" && v.Volumes[first] != home:
			no(c.Volume, "lives on %s, volume %s on %s; no node has both", home, first, v.Volumes[first])
		}
		if first == "" {
			first = c.Volume
		}
	}
	return reasons
}
