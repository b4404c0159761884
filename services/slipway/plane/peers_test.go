package plane

import "testing"

func TestHalfAClusterIsRefused(t *testing.T) {
	routes := []string{"nats://127.0.0.1:6222", "nats://127.0.0.1:6223"}
	bus := []string{"bus"}
	for why, c := range map[string]struct {
		peers   Peers
		profile string
		names   []string
		refused bool
	}{
		"alone":            {Peers{}, "single", bus, false},
		"a cluster":        {Peers{"127.0.0.1:6222", routes}, "cluster", bus, false},
		"without others":   {Peers{}, "cluster", bus, true},
		"without routes":   {Peers{"127.0.0.1:6222", nil}, "cluster", bus, true},
		"another profile":  {Peers{"127.0.0.1:6222", routes}, "single", bus, true},
		"not a bus":        {Peers{"127.0.0.1:6222", routes}, "cluster", []string{"node"}, true},
		"no fixed port":    {Peers{"127.0.0.1:0", routes}, "cluster", bus, true},
		"beyond loopback":  {Peers{"192.0.2.1:6222", routes}, "cluster", bus, true},
		"a route beyond":   {Peers{"127.0.0.1:6222", []string{"nats://192.0.2.1:6222"}}, "cluster", bus, true},
		"a route of words": {Peers{"127.0.0.1:6222", []string{"over there"}}, "cluster", bus, true},
	} {
		err := c.peers.check(c.profile, c.names)
		if c.refused && code(err) != "SLW-U002" || !c.refused && err != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
}
