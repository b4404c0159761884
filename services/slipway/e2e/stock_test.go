package e2e

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The stock nats command line, with the context that slipway dev writes, shows a
// declaration's chain as it happens.
func TestStockClientSeesTheChain(t *testing.T) {
	if _, err := exec.LookPath("nats"); err != nil {
		absent(t, "nats")
	}
	p := Start(t)
	t.Run("bus-23 nats sub slipway.event.web.> shows the chain of a declaration", func(t *testing.T) {
		x := p.stock("--context", "slipway-dev", "sub", "slipway.event.web.>")
		Await(t, exampleWait, "nats to subscribe", func() bool { return strings.Contains(x.out.String(), "Subscribing on slipway.event.web.>") })
		p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
		chain := []string{
			"slipway.event.web.deployer._.app.declared", "slipway.event.web.deployer._.release.planned",
			"slipway.event.web.deployer._.assignment.requested", "slipway.event.web.placer.n1.placement.placed",
			"slipway.event.web.node.n1.instance.started", "slipway.event.web.node.n1.instance.ready",
			"slipway.event.web.deployer._.route.shifted", "slipway.event.web.gateway.gw1-a.routing.applied",
			"slipway.event.web.registry._.settlement.reached", "slipway.event.web.deployer._.release.promoted",
		}
		Await(t, exampleWait, "nats to show the promotion", func() bool { return strings.Contains(x.out.String(), chain[len(chain)-1]) })
		if missing := inOrder(x.out.String(), chain); missing != "" {
			t.Errorf("no %s where it belongs:\n%s", missing, x.out.String())
		}
	})
}

// stock starts the nats command line as a person with this configuration does.
func (p *Plane) stock(args ...string) *typed {
	p.t.Helper()
	x := &typed{cmd: exec.Command("nats", args...), done: make(chan struct{})}
	x.cmd.Env, x.cmd.Dir, x.cmd.Stdout, x.cmd.Stderr = p.env, p.Dir, &x.out, &x.out
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := x.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		x.cmd.Wait()
		close(x.done)
	}()
	p.t.Cleanup(x.kill)
	return x
}

// inOrder is the first of the words that does not follow the one before it; "" if
// all do.
func inOrder(text string, words []string) string {
	for _, w := range words {
		_, after, found := strings.Cut(text, w)
		if !found {
			return w
		}
		text = after
	}
	return ""
}
