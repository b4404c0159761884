package bus

import (
	"strings"
	"testing"

	"slipway.dev/events"
)

// Three servers in this process; the last one ends the leader.
func TestThreeServers(t *testing.T) {
	c := startTrio(t)
	t.Run("every stream lies on all three, but for the logs", func(t *testing.T) { lieOnThree(t, c) })
	t.Run("the log on three servers is the same log", func(t *testing.T) { contractOnThree(t, c) })
	t.Run("bus-5 an unguarded publish is reported and no reader folds a replay", func(t *testing.T) { publishUnguarded(t, c) })
	t.Run("bus-11 the leader is stopped under load", func(t *testing.T) {
		c.emptyLog(t)
		loseLeader(t, c)
	})
}

func lieOnThree(t *testing.T, c *trio) {
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
	if times, err := b.LeaseTimes(limit(t)); err != nil || times.Every != events.LeaseEveryCluster || times.TTL != events.LeaseTTLCluster {
		t.Errorf("leases of a cluster: %+v %v", times, err)
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
