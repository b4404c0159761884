package e2e

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// atPort makes an app's port one of TCP, reached at an address of the gateway's own.
func atPort(appFile, address string) string {
	_, port, _ := net.SplitHostPort(address)
	return strings.Replace(appFile, "http: {}", "http: { protocol: tcp, listen: "+port+" }", 1)
}

// A TCP route under load of short and of long connections, switched again and again
// (dataplane 5.5): no connection is cut before its drain deadline, and new ones go to
// the new release. The gateway passes bytes; that they are HTTP and WebSockets is the
// clients' and the app's affair.
func TestATCPRouteIsSwitched(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	address := p.freePort()
	raw := func(version string) string {
		return atPort(app(version, "rolling"), address)
	}
	p.MustDeploy(raw("v0"), time.Minute)
	c := load.Config{URL: "http://" + address + "/", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello"), Fresh: true, Sockets: 8}
	l := p.Load(c)
	last := fmt.Sprintf("v%d", Count(30))
	for n := 1; n <= Count(30); n++ {
		p.MustDeploy(raw(fmt.Sprintf("v%d", n)), time.Minute)
	}
	Await(t, 10*time.Second, "the last release to answer", func() bool { return l.Counts().Answers[last] > 20 })
	counts := l.Stop()
	Lossless(t, counts)
	heldUntilTheDeadline(t, p, counts)
	drainedBeforeStopped(t, p)
	cuts := 0
	for _, e := range p.Log.All(nil) {
		if d, ok := e.Data.(events.TrafficCut); ok {
			cuts += d.Streams
		}
	}
	if cuts != len(counts.Ends) {
		t.Errorf("the log tells of %d connections that were cut, the clients of %d", cuts, len(counts.Ends))
	}
	t.Run("another app with the same port is refused", func(t *testing.T) {
		e := p.Deploy(atPort(Example("twin", "v1", "rolling", ""), address), time.Minute)
		d, ok := e.Data.(events.ReleaseRefused)
		if !ok || !slices.ContainsFunc(d.Reasons, func(r events.Refusal) bool { return r.Code == "port-taken" }) {
			t.Errorf("%s %s", e.Kind.Name(), e.Reason)
		}
	})
}

// A port that another program on the gateway's machine has: what it is and what to do
// stands in the fault, in status while it lasts, and in why.
func TestATakenTCPPortIsTold(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	taken, err := net.Listen("tcp", p.freePort())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := atPort(Example("raw", "v1", "rolling", ""), taken.Addr().String())
	p.Declare(strings.Replace(file, "strategy: rolling,", "strategy: rolling, deadline: 4s, revert: 4s,", 1))
	words := taken.Addr().String() + ": another program has the port: end it, or give the app another listen"
	Await(t, 10*time.Second, "status to tell it", func() bool { return strings.Contains(p.Slipway("status", "raw", "-o", "json").Stdout, words) })
	over := p.Slipway("status", "raw", "--wait")
	if over.Code == 0 || !strings.Contains(over.Stderr, words) {
		t.Errorf("ended with %d and %q", over.Code, over.Stderr)
	}
	if why := p.Slipway("why", "raw"); !strings.Contains(why.Stdout, words) || !strings.Contains(why.Stdout, "routing gw1-a/") {
		t.Errorf("why says %q", why.Stdout)
	}
	taken.Close()
	again := Example("raw", "v2", "rolling", "")
	p.MustDeploy(atPort(again, taken.Addr().String()), time.Minute)
	if got := p.Slipway("status", "raw", "-o", "json"); !strings.Contains(got.Stdout, `"tcp://`+taken.Addr().String()+`"`) {
		t.Errorf("status says %q", got.Stdout)
	}
}
