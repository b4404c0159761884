package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

const offerPage = checkout + "/docs/how-to/offer-an-endpoint.md"

// outWithin is five times the promise for an endpoint that fell silent; with a TTL of
// 3 s the brake of the fleet speaks first, half a second later it is out.
const outWithin = 5 * 4 * time.Second

// TestEndpointsFromOutside lets services that Slipway does not run serve an app.
func TestEndpointsFromOutside(t *testing.T) {
	t.Parallel() // it waits most of its time
	if _, err := exec.LookPath("python3"); err != nil {
		absent(t, "python3")
	}
	file, err := os.ReadFile(checkout + "/examples/endpoint/app.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := Start(t)
	p.MustDeploy(string(file), 30*time.Second)
	one, two := p.serves("b1"), p.serves("b2")
	p.awaitEndpoint(events.Position{}, "b1", "available", exampleWait)
	p.awaitEndpoint(events.Position{}, "b2", "available", exampleWait)
	requests := p.Load(load.Config{Host: "billing.localhost", Rate: 50})
	answers := func(t *testing.T, who string) {
		t.Helper()
		before := requests.Counts().Answers[who]
		Await(t, 20*time.Second, who+" to answer", func() bool { return requests.Counts().Answers[who] > before+10 })
	}
	t.Run("dataplane-8 both answer through the gateway", func(t *testing.T) {
		answers(t, "b1")
		answers(t, "b2")
	})
	if r := p.Slipway("status", "billing"); !strings.Contains(r.Stdout, "healthy") || !strings.Contains(r.Stdout, "2 endpoints from outside") {
		t.Errorf("status says\n%s%s", r.Stdout, r.Stderr)
	}
	t.Run("dataplane-22 one is killed: its requests go to the other, its silence takes it out", func(t *testing.T) {
		before := p.Log.Head()
		two.kill()
		p.awaitEndpoint(before, "b2", "unavailable", outWithin)
		answers(t, "b1")
	})
	t.Run("dataplane-8 it is started again and is back", func(t *testing.T) {
		before := p.Log.Head()
		two = p.serves("b2")
		p.awaitEndpoint(before, "b2", "available", exampleWait)
		answers(t, "b2")
	})
	t.Run("dataplane-8 one withdraws: it drains and ends by itself", func(t *testing.T) {
		before := p.Log.Head()
		one.term(t)
		p.awaitEndpoint(before, "b1", "draining", exampleWait)
		p.awaitEndpoint(before, "b1", "removed", exampleWait)
		one.ends(t, 0)
		answers(t, "b2")
	})
	t.Run("slipway endpoint offer keeps a lease and lets it go", func(t *testing.T) { p.offersByHand(t, answers) })
	t.Run("dataplane-9 what nobody can read is set aside, the others are unaffected", func(t *testing.T) {
		p.offersGarbage(t)
		answers(t, "b2")
	})
	Lossless(t, requests.Stop())
	t.Run("dataplane-8 the commands of the how-to do it too", p.offersByNats)
}

// serves starts the example of a service that offers itself.
func (p *Plane) serves(name string) *typed {
	return p.types("exec python3 examples/endpoint/service.py billing " + name)
}

// awaitEndpoint waits for what is said of an endpoint of billing.
func (p *Plane) awaitEndpoint(after events.Position, name, happened string, within time.Duration) events.Event {
	p.t.Helper()
	return p.Log.Await(after, within, name+" to be "+happened, func(e events.Event) bool {
		return Is("billing", "endpoint", happened)(e) && e.Subject == "billing/"+name
	})
}

// term asks it to end.
func (x *typed) term(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(x.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// ends waits until it has ended, with that status.
func (x *typed) ends(t *testing.T, code int) {
	t.Helper()
	select {
	case <-x.done:
	case <-time.After(exampleWait):
		t.Fatalf("%s does not end; it said:\n%s", x.cmd, x.out.String())
	}
	if got := x.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("%s ended with %d, want %d; it said:\n%s", x.cmd, got, code, x.out.String())
	}
}

func (p *Plane) offersByHand(t *testing.T, answers func(*testing.T, string)) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("b3\n")) }))
	defer s.Close()
	offer := p.types("exec " + p.binary + " endpoint offer billing b3 --address " + s.Listener.Addr().String())
	answers(t, "b3")
	offer.term(t)
	offer.ends(t, 130)
	if last := p.Log.All(func(e events.Event) bool { return e.Subject == "billing/b3" }); len(last) == 0 || last[len(last)-1].Kind.Happened != "removed" {
		t.Errorf("of b3 was said %v", Kinds(last))
	}
	for line, want := range map[string]struct {
		exit      int
		code, why string
	}{
		"offer billing b4 --address 169.254.169.254:80":                       {2, "SLW-U002", "link-local"},
		"offer billing b5 --address " + strings.TrimPrefix(p.NATS, "nats://"): {1, "SLW-D019", "is the bus"},
		"withdraw billing nobody":                                             {3, "SLW-E001", "no endpoint of that name"},
	} {
		x := p.types("exec " + p.binary + " endpoint " + line)
		x.ends(t, want.exit)
		if out := x.out.String(); !strings.Contains(out, want.code) || !strings.Contains(out, want.why) {
			t.Errorf("%s says %s", line, out)
		}
	}
}

func (p *Plane) offersGarbage(t *testing.T) {
	nc, err := nats.Connect(p.NATS)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Request("slipway.wish.billing._.endpoint.offered", []byte("{no json"), 10*time.Second); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), events.StreamDead)
	if err != nil {
		t.Fatal(err)
	}
	Await(t, exampleWait, "the dead letter", func() bool {
		m, err := s.GetLastMsgForSubject(t.Context(), "slipway.dead.registry.billing.endpoint")
		return err == nil && string(m.Data) == "{no json"
	})
}

// offersByNats types what the how-to says, with the stock client.
func (p *Plane) offersByNats(t *testing.T) {
	if _, err := exec.LookPath("nats"); err != nil {
		absent(t, "nats")
	}
	page, err := os.ReadFile(offerPage)
	if err != nil {
		t.Fatal(err)
	}
	typed := func(begins string) *typed {
		for line := range strings.Lines(string(page)) {
			if rest, is := strings.CutPrefix(line, "    "+begins); is {
				return p.types(strings.TrimSuffix(strings.TrimSpace(begins+rest), "&"))
			}
		}
		t.Fatalf("the how-to has no command %s", begins)
		return nil
	}
	stored := func(verb string) events.Position {
		before := p.Log.Head()
		x := typed("nats req -H Nats-Msg-Id:billing-b1-" + verb)
		x.ends(t, 0)
		if !strings.Contains(x.out.String(), `"stream":"SLIPWAY_WISHES"`) {
			t.Errorf("the reply is %s", x.out.String())
		}
		return before
	}
	answers := typed("nats sub")
	before := stored("1")
	wish := p.awaitEndpoint(before, "b1", "registered", exampleWait)
	if wish.Wish.IsZero() || wish.Actor != "integrator:billing" || wish.Cause != "billing-b1-1" {
		t.Errorf("registered for wish %s, by %s, caused by %s", wish.Wish, wish.Actor, wish.Cause)
	}
	lease := typed("while sleep 1")
	p.awaitEndpoint(before, "b1", "available", exampleWait)
	lease.kill()
	p.awaitEndpoint(before, "b1", "unavailable", outWithin)
	back := p.Log.Head()
	typed("while sleep 1")
	p.awaitEndpoint(back, "b1", "available", exampleWait)
	p.awaitEndpoint(stored("2"), "b1", "draining", exampleWait)
	p.awaitEndpoint(back, "b1", "removed", exampleWait)
	Await(t, exampleWait, "the answers to be printed", func() bool {
		return strings.Contains(answers.out.String(), "dev.slipway.endpoint.removed.v1")
	})
}
