package bus

import (
	"errors"
	"testing"
)

// A cluster would delete the log of a server that stood alone, such as a restored one.
func TestALogKeptAloneIsNotGivenToACluster(t *testing.T) {
	dir := t.TempDir()
	cluster := ServerOptions{
		Name: "a", StoreDir: dir, DontListen: true, NoSync: true, MaxStore: testStore,
		Cluster: &Cluster{Port: 1, Routes: []string{"nats://127.0.0.1:1"}},
	}
	if err := cluster.unalone(); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	s := startIn(t, dir)
	ensure(t, connectTest(t, s, "test"))
	s.Shutdown()
	if other, err := StartServer(cluster); !errors.Is(err, ErrAlone) {
		t.Errorf("%v", err)
		if err == nil {
			other.Shutdown()
		}
	}
	if info, err := connectTest(t, startIn(t, dir), "test").Info(limit(t)); err != nil || info.Era != 1 {
		t.Errorf("%+v, %v", info, err)
	}
}
