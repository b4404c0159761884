package e2e

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// meshRange is a few ports that nobody listens on: other planes of this machine have
// the usual ones.
func meshRange(t *testing.T) string {
	t.Helper()
	const size = 10
	first := freePorts(t, size)
	return fmt.Sprintf("%d-%d", first, first+size-1)
}

// caller is an app whose handler asks another one and passes its answer on.
func caller(version string) string {
	return strings.Replace(Example("web", version, "rolling", "uses: [api]\n"), version+"]\n", version+", --call, api]\n", 1)
}

// dataplane-46: web calls $API_URL while api is switched 50 times: no call fails, and
// web is never started again.
func TestAnAppCallsAnotherThatIsSwitched(t *testing.T) {
	p := Start(t, Flags("--mesh-ports", meshRange(t)))
	strategies := []string{"rolling", "blue-green"}
	p.MustDeploy(Example("api", "v0", "rolling", ""), time.Minute)
	p.MustDeploy(caller("w1"), time.Minute)
	l := p.Load(load.Config{Host: "web.localhost", Rate: 200, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	last := ""
	for n := 1; n <= Count(50); n++ {
		last = fmt.Sprintf("v%d", n)
		p.MustDeploy(Example("api", last, strategies[n%2], ""), time.Minute)
	}
	c := l.Stop()
	Lossless(t, c)
	if c.Answers["v0"] == 0 || c.Answers[last] == 0 || c.Answers["w1"] != 0 {
		t.Errorf("answers by %v, want the versions of api from v0 to %s", c.Answers, last)
	}
	if n := len(p.Log.All(Is("web", "instance", "started"))); n != 2 {
		t.Errorf("web was started %d times, want its 2 instances once", n)
	}
	mesh := meshOf(p, "api")
	for _, e := range p.Log.All(func(e events.Event) bool { return e.App == "api" && e.Kind.Entity == "route" }) {
		if d, ok := e.Data.(events.RouteShifted); ok && d.MeshPort != mesh {
			t.Errorf("route %d has mesh port %d, the first had %d", d.Generation, d.MeshPort, mesh)
		}
	}
}

// dataplane-46: an answer by the mesh is that of a direct call, and an error is what a
// call from outside is told.
func TestAnAnswerByTheMeshIsThatOfADirectCall(t *testing.T) {
	p := Start(t, Flags("--mesh-ports", meshRange(t)))
	api := func(replicas int) string {
		hidden := strings.Replace(Example("api", "v1", "rolling", ""), "{ http: {} }", "{ http: { host: none } }", 1)
		return strings.NewReplacer("replicas: 2", fmt.Sprint("replicas: ", replicas), "drain: 5s", "drain: 1s").Replace(hidden)
	}
	refused := p.Deploy(caller("w0"), time.Minute)
	if refused.Kind.Happened != "refused" || !strings.Contains(refused.Reason, "unknown: there is no app api") {
		t.Errorf("an unknown app in uses: %s %s", refused.Kind.Name(), refused.Reason)
	}
	p.MustDeploy(api(1), time.Minute)
	p.MustDeploy(caller("w1"), time.Minute)
	started := p.Log.All(Is("api", "instance", "started"))[0].Data.(events.InstanceStarted)
	mesh := net.JoinHostPort("127.0.0.1", strconv.Itoa(meshOf(p, "api")))
	for _, request := range []string{
		"GET /some/path?a=b HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n",
		"HEAD / HTTP/1.1\r\nHost: nobody.example.com\r\nConnection: close\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
		"GET /healthz HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n",
	} {
		direct, by := raw(t, started.Address, request), raw(t, mesh, request)
		if !reflect.DeepEqual(direct, by) {
			t.Errorf("%q is answered\n%+v\nby the mesh, and directly\n%+v", request, by, direct)
		}
	}
	if got := status(t, p.Gateway, "api.localhost"); got != http.StatusNotFound {
		t.Errorf("an app without a host is answered %d from outside, want 404", got)
	}

	// Nobody is left to answer; a host steers, so that the same can be asked from outside.
	p.MustDeployUnchanged(strings.Replace(api(0), "host: none", "host: api.localhost", 1))
	gateway := strings.TrimPrefix(p.Gateway, "http://")
	Await(t, 30*time.Second, "nobody to answer for api", func() bool {
		return told(t, mesh, "api").header["Slipway-Error"] != nil && told(t, gateway, "api.localhost").status == http.StatusServiceUnavailable
	})
	inside, outside := told(t, mesh, "api"), told(t, gateway, "api.localhost")
	if inside.header["Slipway-Error"][0] != "no-endpoint" || !reflect.DeepEqual(inside, outside) {
		t.Errorf("by the mesh it is told %+v, from outside %+v", inside, outside)
	}
	if got := told(t, gateway, "web.localhost").status; got != http.StatusServiceUnavailable {
		t.Errorf("web passes on %d, want what it was told", got)
	}
	if n := len(p.Log.All(Is("web", "instance", "started"))); n != 2 {
		t.Errorf("web was started %d times, want its 2 instances once", n)
	}
}

// dataplane 11: an app that uses others waits, by name, for a gateway on its node; one
// without public listeners is enough.
func TestAGatewayServesAppsAlone(t *testing.T) {
	t.Parallel()
	p := Start(t, Apart(), Mesh("--mesh-ports", meshRange(t))) // its gateway is on no node
	p.MustDeploy(Example("api", "v1", "rolling", ""), time.Minute)
	before := p.Declare(caller("w1"))
	p.Log.Await(before, time.Minute, "web to have no place", func(e events.Event) bool {
		d, ok := e.Data.(events.PlacementBlocked)
		return ok && d.App == "web" && strings.Contains(d.Lacks, "1 without a gateway")
	})
	p.Add("inner", "run", "gateway", "--nats", p.NATS, "--listen", "off", "--node", "n1", "--id", "gw2-a",
		"--data", filepath.Join(p.Dir, "inner"), "--log-level", "info").Start()
	p.Log.Await(before, time.Minute, "web to serve", Is("web", "release", "completed"))
	if got := status(t, p.Gateway, "web.localhost"); got != http.StatusOK {
		t.Errorf("web, which asks api, is answered %d", got)
	}
}

// dataplane-27, dataplane-46: the listeners of the mesh are handed over with the others.
func TestTheMeshOutlivesAnUpgradeOfItsGateway(t *testing.T) {
	p := Start(t, Apart(), Mesh("--mesh-ports", meshRange(t)))
	g := p.found("--node", "n1")
	p.MustDeploy(Example("api", "v1", "rolling", ""), time.Minute)
	p.MustDeploy(caller("w1"), time.Minute)
	l := p.Load(load.Config{Host: "web.localhost", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	const upgrades = 2
	for range upgrades {
		g.takesOver(upgradeWait, g.hangup)
		served := l.Counts().Answers["v1"]
		Await(t, upgradeWait, "the successor to serve", func() bool { return l.Counts().Answers["v1"] > served+50 })
	}
	Lossless(t, l.Stop())
	if n := len(p.Log.All(Is("web", "instance", "started"))); n != 2 {
		t.Errorf("web was started %d times, want its 2 instances once", n)
	}
}

// MustDeployUnchanged declares what steers alone.
func (p *Plane) MustDeployUnchanged(appFile string) {
	p.t.Helper()
	if e := p.Deploy(appFile, time.Minute); e.Kind.Happened != "unchanged" {
		p.t.Fatalf("release %s %s: %s", e.Subject, e.Kind.Happened, e.Reason)
	}
}

// meshOf is the port at which other apps reach an app.
func meshOf(p *Plane, app string) (port int) {
	for _, e := range p.Log.All(Is(app, "route", "shifted"))[:1] {
		port = e.Data.(events.RouteShifted).MeshPort
	}
	return port
}

// whole is an answer as it came, but for the time and the order of the header's lines,
// which has no meaning.
type whole struct {
	first  string
	header []string
	body   string
}

// raw sends a request as it stands.
func raw(t *testing.T, address, request string) (w whole) {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(all), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	w.first, w.body = lines[0], body
	w.header = slices.DeleteFunc(lines[1:], func(l string) bool { return strings.HasPrefix(l, "Date: ") })
	slices.Sort(w.header)
	return w
}

// answer is what a client is told of an error.
type answer struct {
	status int
	header map[string][]string
}

func told(t *testing.T, address, host string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: maps.Clone(res.Header)}
	delete(a.header, "Date")
	return a
}
