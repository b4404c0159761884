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

// bus-11: deployments/cluster as it is shipped. The bus that leads the log is killed
// with -9 under load: no request is lost, nobody's lease lapses, and the next release
// goes well.
func TestAClusterLosesAServer(t *testing.T) {
	p := New(t)
	dir, script := filepath.Join(p.Dir, "cluster"), "../../../deployments/cluster/cluster.sh"
	clients, routes := freePorts(t, p)
	way := p.freePort()
	p.Gateway = "http://" + way
	run := func(verb string) string {
		cmd := exec.Command("sh", script, verb, dir)
		cmd.Env = append(p.env, "SLIPWAY="+p.binary, "NATS_PORT="+strconv.Itoa(clients), "ROUTE_PORT="+strconv.Itoa(routes), "LISTEN="+way)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("cluster.sh %s: %v\n%s", verb, err, out)
		}
		return string(out)
	}
	t.Cleanup(func() { run("down") })
	said := run("up")
	_, servers, _ := strings.Cut(said, "--nats ")
	p.NATS = strings.TrimSpace(servers)
	if r := p.Slipway("context", "save", "dev", "--nats", p.NATS); r.Code != 0 {
		t.Fatalf("save context: %s", r.Stderr)
	}
	p.Log = p.follow()

	p.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100})
	Await(t, 10*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 50 })
	led := leader(t, p.NATS)
	kill(t, filepath.Join(dir, "bus-"+led, "pid"))
	Await(t, 5*electionPromise, "another leader", func() bool { next := leader(t, p.NATS); return next != "" && next != led })
	p.MustDeploy(Example("web", "v2", "rolling", ""), 2*time.Minute)
	Await(t, 10*time.Second, "v2 to answer", func() bool { return requests.Counts().Answers["v2"] > 20 })
	Lossless(t, requests.Stop())
	for _, e := range p.Log.All(Is("", "lease", "lapsed")) {
		t.Errorf("%s: %s", e.Subject, e.Reason)
	}
}

// electionPromise is how long after the loss of its leader the log takes writes again.
const electionPromise = 10 * time.Second

// leader names the server that leads the log; empty: none, or nobody answers.
func leader(t *testing.T, servers string) string {
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
		return ""
	}
	return log.CachedInfo().Cluster.Leader
}

func kill(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// freePorts are the first of three ports for clients and of three for routes.
func freePorts(t *testing.T, p *Plane) (clients, routes int) {
	t.Helper()
	first := func() int {
		_, text, _ := strings.Cut(p.freePort(), ":")
		port, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return min(port, 65000)
	}
	return first(), first()
}
