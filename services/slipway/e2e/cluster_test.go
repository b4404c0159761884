package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
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
	p.lasts()
	clients := freePorts(t, 6)
	routes := clients + 3
	way := p.freePort()
	p.Gateway = "http://" + way
	c := &cluster{Plane: p, dir: filepath.Join(p.Dir, "cluster"), env: append(append(p.env, variables...),
		"SLIPWAY="+p.binary, "NATS_PORT="+strconv.Itoa(clients), "ROUTE_PORT="+strconv.Itoa(routes), "LISTEN="+way)}
	t.Cleanup(c.end)
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

// end ends all of it at once: to take leave one after the other takes long, and is what
// one test is about.
func (c *cluster) end() {
	for name, pid := range c.pids() {
		words, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if strings.Contains(string(words), filepath.Join(c.dir, name)) { // it may be somebody else's by now
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// pids are those of all participants that were started and not ended by the script.
func (c *cluster) pids() map[string]int {
	c.t.Helper()
	pids := map[string]int{}
	files, _ := filepath.Glob(filepath.Join(c.dir, "*", "pid"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err != nil {
			c.t.Fatalf("%s: %v", file, err)
		}
		pids[filepath.Base(filepath.Dir(file))] = pid
	}
	return pids
}

// kill ends a participant as a crash does.
func (c *cluster) kill(name string) {
	c.t.Helper()
	pid, ok := c.pids()[name]
	if !ok {
		c.t.Fatalf("%s was not started", name)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
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
	t.Parallel() // it waits most of its time
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
	pids := c.pids()
	c.script("down")
	for name, pid := range pids {
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("%s lives after down", name)
		}
	}
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
