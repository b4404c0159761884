package e2e

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway.dev/services/slipway/load"
)

// asSystemd starts a program with the pid that the variable must name.
const asSystemd = `LISTEN_PID=$$ exec "$0" "$@"`

// A socket that systemd passes is served, and stays open while the gateway is
// restarted: who connects meanwhile waits and is answered.
func TestASocketFromSystemdIsServed(t *testing.T) {
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	p.Process("gateway").Stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p.Gateway = "http://" + l.Addr().String()
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 20, Fresh: true, Timeout: time.Minute}) // nobody serves yet
	x := p.Add("socket", "-c", asSystemd, p.binary, "run", "gateway", "--nats", p.NATS, "--data", p.Dir+"/socket")
	x.binary, x.passed, x.env = "sh", []*os.File{f}, append(append([]string{}, x.env...), "LISTEN_FDS=1", "LISTEN_FDNAMES=http")
	for range 2 {
		x.Start()
		if x.Ready["gateway"] != p.Gateway {
			t.Errorf("serves at %v, want %s", x.Ready["gateway"], p.Gateway)
		}
		was := requests.Counts().OK
		Await(t, readyWait, "requests to be answered", func() bool { return requests.Counts().OK > was+20 })
		x.Stop()
	}
	x.Start()
	Lossless(t, requests.Stop())
}

// The drop-in of the gateway's unit: a reload replaces the process, and the supervisor
// is told which is the main one now.
func TestTheUnitOfTheGatewayIsReloaded(t *testing.T) {
	u := readUnit(t, "gateway")
	if u["NotifyAccess"] != "all" || u["Type"] != "notify" {
		t.Errorf("Type=%s NotifyAccess=%s: the successor would not be heard", u["Type"], u["NotifyAccess"])
	}
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	systemd := supervise(t)
	x := p.Process("gateway")
	x.env = append(append([]string{}, x.env...), "NOTIFY_SOCKET="+systemd.path, "WATCHDOG_USEC="+strconv.FormatInt(watchdogForTest.Microseconds(), 10))
	g := p.found("--drain", streamDrain.String())
	clients := everyKind(p)
	Await(t, upgradeWait, "v1 to answer", func() bool { return clients[0].Counts().Answers["v1"] > 10 })
	g.takesOver(upgradeWait, func() {
		reload := exec.Command("sh", "-c", u["ExecReload"])
		reload.Env = append(os.Environ(), "MAINPID="+strconv.Itoa(g.pid))
		if out, err := reload.CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	})
	if systemd.times("MAINPID="+strconv.Itoa(g.pid)) != 1 || systemd.times("READY=1") != 2 || systemd.times("STOPPING=1") != 0 {
		t.Errorf("systemd heard %v, the successor's pid is %d", systemd.heard, g.pid)
	}
	pets := systemd.times("WATCHDOG=1")
	Await(t, 5*watchdogForTest, "the successor to say WATCHDOG", func() bool { return systemd.times("WATCHDOG=1") > pets+1 })
	for _, c := range clients {
		Lossless(t, c.Stop())
	}
	if err := syscall.Kill(g.pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	Await(t, readyWait, "the successor to say STOPPING", func() bool { return systemd.times("STOPPING=1") == 1 })
}

// SIGHUP replaces a gateway that runs alone and nothing else: a dev says so and goes
// on.
func TestADevIsNotReplaced(t *testing.T) {
	p := Start(t)
	dev := p.Process("dev")
	dev.Signal(syscall.SIGHUP)
	Await(t, readyWait, "dev to say why not", func() bool {
		return strings.Contains(dev.Output(), "slipway dev is one process")
	})
	if got := status(t, p.Gateway, "nobody.localhost"); got != http.StatusNotFound || !dev.Running() {
		t.Errorf("answers %d", got)
	}
}
