package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// roomyStore is the size of a bus, in bytes, at which the streams that a backup does not
// hold were once asked for with more than the restored log had left.
const roomyStore = "3221225472"

// What one server had becomes the log of a cluster of three: the same state, byte for
// byte, the app serves and the integration is there, and the loss of the server that
// leads the log loses nothing of it.
func TestABackupBecomesTheLogOfACluster(t *testing.T) {
	t.Parallel() // it waits most of its time
	page, err := os.ReadFile(backupPage)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "    RESTORE=slipway.backup deployments/cluster/cluster.sh up ") {
		t.Fatal("the how-to does not say how")
	}
	p := Start(t)
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	if r := p.Slipway("consumer", "add", "mybot", "--filter", "slipway.event.web.>"); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	taken := p.backUp()
	at := "#" + strconv.FormatUint(taken.Seq, 10)
	was := p.stateAt(at)
	p.Process("dev").Kill()
	p.endWorkloads()

	c := clusterOf(t, p, "RESTORE="+filepath.Join(p.Dir, "slipway.backup"), "STORE_MAX="+roomyStore)
	e := c.Log.Await(events.Position{}, 10*time.Second, "the restored log's first word", Is("", "cluster", "restored"))
	if e.Pos != (events.Position{Era: 2, Seq: taken.Seq + 1}) {
		t.Errorf("%+v", e)
	}
	if is := c.stateAt(at); is != was {
		t.Errorf("at %s it was\n%s\nand is\n%s", at, was, is)
	}
	log, err := logOf(t, c.NATS)
	if err != nil || log.Config.Replicas != 3 || len(log.Cluster.Replicas) != 2 {
		t.Errorf("%+v, %v", log, err)
	}
	if r := c.Slipway("restore", filepath.Join(p.Dir, "slipway.backup"), "--nats", c.NATS); r.Code != 2 || !strings.Contains(r.Stderr, "SLW-U004") {
		t.Errorf("over a log: code %d %s", r.Code, r.Stderr)
	}
	c.kill("bus-" + leader(t, c.NATS))
	requests := c.Load(load.Config{Host: "web.localhost", Rate: 50})
	Await(t, 30*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 20 })
	requests.Stop() // those before an instance was up may have failed
	c.MustDeploy(Example("web", "v2", "rolling", ""), time.Minute)
	if gone := c.Log.All(Is("", "consumer", "removed")); len(gone) > 0 {
		t.Errorf("the integration is said to be gone: %+v", gone)
	}
}
