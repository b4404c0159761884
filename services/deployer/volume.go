package deployer

import (
	"fmt"

	"slipway.dev/events"
	"slipway.dev/services/deployer/inventory"
)

// settle notes where the app's volumes live, from their first placement on.
func (a *App) settle(d events.PlacementPlaced) {
	for _, v := range d.Volumes {
		a.Volumes.Settle(v.Volume, d.Node)
	}
}

// volumesElsewhere are the volumes of a document that live where its instances can
// never go. A node that is silent may come back: that only blocks.
func (v view) volumesElsewhere(d events.Document) (reasons []events.Refusal) {
	no := func(volume, format string, args ...any) {
		reasons = append(reasons, events.Refusal{Code: inventory.VolumeElsewhere, Field: "volumes." + volume, Text: fmt.Sprintf(format, args...)})
	}
	first := ""
	for _, c := range d.Spec().Claims(true) {
		home := v.Volumes[c.Volume]
		n := v.fleet.Nodes[home]
		switch {
		case home == "":
			continue
		case n == nil || n.Gone():
			no(c.Volume, "lives on %s, which has left", home)
		case !n.Runs(d.Driver):
			no(c.Volume, "lives on %s, which does not run driver %s", home, d.Driver)
		case !n.Meets(d.Placement.Require):
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
