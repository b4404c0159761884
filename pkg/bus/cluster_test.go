package bus

import (
	"strings"
	"testing"

	"slipway.dev/events"
)

// Every stream of the cluster profile lies on all three servers, but for the logs.
func TestClusterProfile(t *testing.T) {
	c := startTrio(t)
	b := c.connect(t, "test")
	for _, want := range b.configs(trioProfile) {
		si, err := b.streamInfo(limit(t), want.Name)
		if err != nil {
			t.Fatal(err)
		}
		replicas := 3
		if want.Name == events.StreamLogs {
			replicas = 1
		}
		if si.Config.Replicas != replicas {
			t.Errorf("%s has %d replicas, want %d", want.Name, si.Config.Replicas, replicas)
		}
	}
	if changes, err := b.Ensure(limit(t), trioProfile); err != nil || len(changes) != 0 {
		t.Errorf("the second run changed %+v: %v", changes, err)
	}
}

func TestServerRefusesHalfACluster(t *testing.T) {
	routes := []string{"nats://127.0.0.1:1"}
	for why, o := range map[string]ServerOptions{
		"name":  {Cluster: &Cluster{Port: 1, Routes: routes}},
		"port":  {Name: "a", Cluster: &Cluster{Routes: routes}},
		"other": {Name: "a", Cluster: &Cluster{Port: 1}},
		"route": {Name: "a", Cluster: &Cluster{Port: 1, Routes: []string{"somewhere"}}},
	} {
		o.StoreDir = t.TempDir()
		if _, err := StartServer(o); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("want it refused for its %s: %v", why, err)
		}
	}
}
