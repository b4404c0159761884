package plane

import (
	"testing"

	"slipway.dev/services/deployer"
)

func TestMeshPortsAreARange(t *testing.T) {
	for text, want := range map[string]deployer.PortRange{
		"": deployer.MeshPorts, MeshPorts: deployer.MeshPorts, "19000-19009": {First: 19000, Last: 19009}, "19000-19000": {First: 19000, Last: 19000},
	} {
		if got, err := meshPorts(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"19000", "19009-19000", "80-90", "a-b", "19000-70000", "-"} {
		if got, err := meshPorts(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
