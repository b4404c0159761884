package e2e

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// cluster is deployments/cluster as it is shipped.
type cluster struct {
	*Plane
	dir string
	env []string
}

func startCluster(t *testing.T) *cluster { return clusterOf(t, New(t)) }

// clusterOf starts a cluster in a plane's folder, with these variables besides.
func clusterOf(t *testing.T, p *Plane, variables ...string) *cluster {
	t.Helper()
	clients, routes := freePorts(t)
	way := p.freePort()
	p.Gateway = "http://" + way
	c := &cluster{Plane: p, dir: filepath.Join(p.Dir, "cluster"), env: append(append(p.env, variables...),
		"SLIPWAY="+p.binary, "NATS_PORT="+strconv.Itoa(clients), "ROUTE_PORT="+strconv.Itoa(routes), "LISTEN="+way)}
	t.Cleanup(func() { c.script("down") })
	said := c.script("up")
	_, servers, _ := strings.Cut(said, "slipway context save cluster --nats ")
	p.NATS = strings.TrimSpace(servers)
	if r := p.Slipway("context", "save", "dev", "--nats", p.NATS); r.Code != 0 {
		t.Fatalf("save context: %s", r.Stderr)
	}
	p.Log = p.follow()
	return c
}

func (c *cluster) script(words ...string) string {
	c.t.Helper()
	cmd := exec.Command("sh", append(append([]string{"../../../deployments/cluster/cluster.sh"}, words...), c.dir)...)
	cmd.Env = c.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("cluster.sh %s: %v\n%s", words, err, out)
	}
	return string(out)
}

// kill ends a participant as a crash does.
func (c *cluster) kill(name string) {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.dir, name, "pid"))
	if err != nil {
		c.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		c.t.Fatalf("kill %s: %v", name, err)
	}
	Await(c.t, 5*time.Second, name+" to be gone", func() bool { return syscall.Kill(pid, 0) != nil })
}

// lapsed fails the test if the loss of servers was taken for the loss of somebody else.
func (c *cluster) lapsed() {
	c.t.Helper()
	for _, e := range c.Log.All(Is("", "lease", "lapsed")) {
		c.t.Errorf("%s: %s", e.Subject, e.Reason)
	}
}

// file writes an app file for a person to deploy.
func (c *cluster) file(text string) string {
	c.t.Helper()
	path := filepath.Join(c.Dir, "app.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// bus-11: the bus that leads the log is killed with -9 under load, and at that very
// moment a person deploys: the verb waits for the election and the release goes well,
// no request is lost and nobody's lease lapses.
func TestAClusterLosesAServer(t *testing.T) {
	c := startCluster(t)
	c.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	requests := c.Load(load.Config{Host: "web.localhost", Rate: 100})
	Await(t, 10*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 50 })
	file, led := c.file(Example("web", "v2", "rolling", "")), leader(t, c.NATS)
	c.kill("bus-" + led)
	if r := c.Slipway("deploy", file, "-y", "--timeout", "1m"); r.Code != 0 {
		t.Fatalf("deployed during an election: code %d after %s\n%s%s", r.Code, r.Took, r.Stdout, r.Stderr)
	}
	Await(t, 10*time.Second, "v2 to answer", func() bool { return requests.Counts().Answers["v2"] > 20 })
	if next := leader(t, c.NATS); next == led {
		t.Errorf("%s is dead and leads the log", next)
	}
	Lossless(t, requests.Stop())
	c.lapsed()
}

// leader names the server that leads the log; empty: none, or nobody answers.
func leader(t testing.TB, servers string) string {
	t.Helper()
	log, err := logOf(t, servers)
	if err != nil {
		return ""
	}
	return log.Cluster.Leader
}

// logOf asks one of the servers about the log.
func logOf(t testing.TB, servers string) (*jetstream.StreamInfo, error) {
	t.Helper()
	nc, err := nats.Connect(servers)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	log, err := js.Stream(ctx, events.StreamEvents)
	if err != nil {
		return nil, err
	}
	return log.CachedInfo(), nil
}

// freePorts are the first of three ports for clients and of three for routes: below
// those that the system gives to outgoing connections, which come and go.
func freePorts(t *testing.T) (clients, routes int) {
	t.Helper()
	free := func(port int) bool {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			l.Close()
		}
		return err == nil
	}
	for range 100 {
		at := 30_000 + 6*rand.IntN(400)
		if !slices.ContainsFunc([]int{0, 1, 2, 3, 4, 5}, func(n int) bool { return !free(at + n) }) {
			return at, at + 3
		}
	}
	t.Fatal("no six ports in a row are free")
	return 0, 0
}
