package events

import "sort"

// Accesses of a volume.
const (
	VolumeSingle  = "single"  // one instance at a time
	VolumeShared  = "shared"  // all instances, on one node
	VolumeScratch = "scratch" // each instance its own, dropped when it stops
)

// SpecVolume is a folder an instance finds at a path of its own.
type SpecVolume struct {
	// Path below the work folder.
	Path string `json:"path"`
	// SizeBytes the app means to fill; a node without quota does not hold it to that.
	SizeBytes int64 `json:"sizeBytes"`
	// Access is single, shared or scratch.
	Access string `json:"access"`
}

// Stays says whether the volume outlives its instance, on the node it was made on.
func (v SpecVolume) Stays() bool { return v.Access != VolumeScratch }

// VolumeClaim is a volume an instance needs that stays on its node.
type VolumeClaim struct {
	// Volume is its name in the app.
	Volume string `json:"volume"`
	// Alone says that no other instance may use it meanwhile.
	Alone bool `json:"alone,omitempty"`
}

// Claims are the volumes that stay on their node, by name; the single ones alone,
// unless shared is asked for.
func (s Spec) Claims(shared bool) (claims []VolumeClaim) {
	for name, v := range s.Volumes {
		if v.Stays() {
			claims = append(claims, VolumeClaim{Volume: name, Alone: v.Access == VolumeSingle && !shared})
		}
	}
	sort.Slice(claims, func(i, j int) bool { return claims[i].Volume < claims[j].Volume })
	return claims
}

// HasSingleVolume says whether two instances cannot run beside one another.
func (s Spec) HasSingleVolume() bool {
	for _, v := range s.Volumes {
		if v.Access == VolumeSingle {
			return true
		}
	}
	return false
}
