package inventory

import "slipway.dev/events"

// VolumeElsewhere is a refusal's code, and how the reason begins for which an instance
// cannot run on a node: its volume lives on another.
const VolumeElsewhere = "volume-elsewhere"

// Homes tell on which node each volume lives, by a name that its owner chooses.
type Homes map[string]string

// Settle notes where a volume lives, from its first placement on. It stays there when its
// instance has ended, and wherever an instance that shares it is sent later.
func (h Homes) Settle(volume, node string) {
	if h[volume] == "" {
		h[volume] = node
	}
}

// Fold lets the volumes of a node that was given up live anywhere.
func (h Homes) Fold(e events.Event) {
	d, ok := e.Data.(events.EvacuationFinished)
	if !ok || d.Cause != events.EvacuationRemoval {
		return
	}
	for volume, node := range h {
		if node == d.Node {
			delete(h, volume)
		}
	}
}
