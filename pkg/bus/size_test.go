package bus

import (
	"maps"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// What is there keeps its size, the rest shares what is left, and all of it fits.
func TestStreamsFitBesideThoseThatAreThere(t *testing.T) {
	const mib = sizeStep
	for name, x := range map[string]struct {
		have    map[string]int64
		grow    bool
		allowed int64
		want    map[string]int64
	}{
		"none is there":                      {nil, true, 50 * mib, map[string]int64{"a": 30 * mib, "b": 15 * mib, "c": 5 * mib}},
		"room for all":                       {nil, true, 500 * mib, map[string]int64{"a": 60 * mib, "b": 30 * mib, "c": 10 * mib}},
		"one is larger, the others share":    {map[string]int64{"c": 14 * mib}, true, 50 * mib, map[string]int64{"a": 24 * mib, "b": 12 * mib, "c": 14 * mib}},
		"one that is smaller grows":          {map[string]int64{"a": mib}, true, 50 * mib, map[string]int64{"a": 30 * mib, "b": 15 * mib, "c": 5 * mib}},
		"unasked none grows":                 {map[string]int64{"a": mib}, false, 31 * mib, map[string]int64{"a": mib, "b": 22 * mib, "c": 7 * mib}},
		"one takes so much that another may": {map[string]int64{"b": 14 * mib, "c": 20 * mib}, true, 50 * mib, map[string]int64{"a": 16 * mib, "b": 14 * mib, "c": 20 * mib}},
		"no room is left":                    {map[string]int64{"a": 60 * mib}, true, 50 * mib, map[string]int64{"a": 60 * mib, "b": mib, "c": mib}},
	} {
		t.Run(name, func(t *testing.T) {
			all := []jetstream.StreamConfig{
				{Name: "a", MaxBytes: 60 * mib}, {Name: "b", MaxBytes: 30 * mib}, {Name: "c", MaxBytes: 10 * mib},
				{Name: "memory", MaxBytes: 7, Storage: jetstream.MemoryStorage},
			}
			fit(all, x.have, x.grow, x.allowed)
			got := map[string]int64{}
			for _, c := range all[:3] {
				got[c.Name] = c.MaxBytes
			}
			if !maps.Equal(got, x.want) || all[3].MaxBytes != 7 {
				t.Errorf("%v, want %v", got, x.want)
			}
			if sum := got["a"] + got["b"] + got["c"]; sum > x.allowed && !slices.Contains(slices.Collect(maps.Values(got)), mib) {
				t.Errorf("%d bytes, %d allowed", sum, x.allowed)
			}
		})
	}
}
