package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/slipway/load"
)

// Plane is a Slipway under test.
type Plane struct {
	Dir     string // all of it
	Gateway string // http://127.0.0.1:…
	NATS    string // nats://127.0.0.1:…
	Context string // dev

	t         testing.TB
	binary    string
	env       []string
	processes []*Process
	Log       *Log // the event log, followed from its first event
}

// Option changes how a plane is started.
type Option func(*options)

type options struct {
	apart   bool
	control []string
	flags   []string
	mesh    []string
}

// Apart runs bus, control, node and gateway as processes of their own.
func Apart() Option { return func(o *options) { o.apart = true } }

// Copies adds processes of the control plane, by name: twins of the first.
func Copies(names ...string) Option {
	return func(o *options) { o.control = append(o.control, names...) }
}

// Flags adds flags to slipway dev, or to the bus where it runs apart.
func Flags(flags ...string) Option { return func(o *options) { o.flags = append(o.flags, flags...) } }

// Mesh adds flags to the control plane's processes, where it runs apart.
func Mesh(flags ...string) Option { return func(o *options) { o.mesh = flags } }

// Start starts a Slipway and waits until it is ready.
func Start(t testing.TB, opts ...Option) *Plane {
	t.Helper()
	o := options{control: []string{"control"}}
	for _, opt := range opts {
		opt(&o)
	}
	p := New(t)
	if o.apart {
		p.startApart(o)
	} else {
		p.startDev(o)
	}
	p.Log = p.follow()
	return p
}

// New makes the folder of a plane and starts nothing.
func New(t testing.TB) *Plane {
	t.Helper()
	dir := folder(t)
	p := &Plane{t: t, Dir: dir, Context: "dev", binary: Binary(t)}
	p.env = append(slices.DeleteFunc(os.Environ(), ours), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "HOME="+dir)
	t.Cleanup(p.clean)
	return p
}

// ours are the variables that would lead the binary elsewhere.
func ours(variable string) bool {
	return strings.HasPrefix(variable, "SLIPWAY_") || strings.HasPrefix(variable, "NATS_") || strings.HasPrefix(variable, "XDG_CONFIG_HOME=")
}

func (p *Plane) startDev(o options) {
	p.t.Helper()
	dev := p.Add("dev", append(DevFlags(filepath.Join(p.Dir, "data")), o.flags...)...)
	dev.Start()
	p.Gateway, p.NATS = dev.Ready["gateway"].(string), dev.Ready["nats"].(string)
}

// DevFlags are those of a dev that disturbs nobody.
func DevFlags(data string) []string {
	return []string{"dev", "--data", data, "--listen", "127.0.0.1:0", "--nats", "127.0.0.1:0",
		"--ui", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--alerting", "127.0.0.1:0", "--log-level", "info"}
}

func (p *Plane) startApart(o options) {
	p.t.Helper()
	// Fixed, so that a bus or gateway that is started anew is found where it was.
	nats, way := p.freePort(), p.freePort()
	p.NATS, p.Gateway = "nats://"+nats, "http://"+way
	data := func(name string) string { return filepath.Join(p.Dir, name) }
	bus := []string{"run", "bus", "--nats", nats, "--data", data("bus"), "--profile", "dev", "--log-level", "info"}
	p.Add("bus", append(bus, o.flags...)...).Start()
	for _, name := range o.control {
		control := []string{"run", "registry,deployer,metrics", "--nats", p.NATS, "--data", data(name), "--default-domain", "localhost", "--log-level", "info"}
		p.Add(name, append(control, o.mesh...)...).Start()
	}
	p.Add("node", "run", "node", "--nats", p.NATS, "--id", "n1", "--data", data("node"), "--log-level", "info").Start()
	p.Add("gateway", "run", "gateway", "--nats", p.NATS, "--listen", way, "--data", data("gateway"), "--log-level", "info").Start()
	if r := p.Slipway("context", "save", "dev", "--nats", p.NATS); r.Code != 0 {
		p.t.Fatalf("save context: %s", r.Stderr)
	}
}

// Add declares a process of the binary; it is not started yet.
func (p *Plane) Add(name string, args ...string) *Process {
	x := &Process{Name: name, t: p.t, binary: p.binary, args: args, env: p.env, readyFile: filepath.Join(p.Dir, name+".ready")}
	p.processes = append(p.processes, x)
	return x
}

// Process is one by its name: dev, or bus, control, node, gateway.
func (p *Plane) Process(name string) *Process {
	p.t.Helper()
	for _, x := range p.processes {
		if x.Name == name {
			return x
		}
	}
	p.t.Fatalf("no process %s", name)
	return nil
}

// Result is what a verb of the command line did.
type Result struct {
	Code           int
	Stdout, Stderr string
	Took           time.Duration
}

// Slipway runs a verb of the command line to its end.
func (p *Plane) Slipway(args ...string) Result {
	p.t.Helper()
	var out, words bytes.Buffer
	cmd := exec.Command(p.binary, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.env, p.Dir, &out, &words
	began := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("slipway %s: %v", strings.Join(args, " "), err)
	}
	return Result{cmd.ProcessState.ExitCode(), out.String(), words.String(), time.Since(began)}
}

// Load begins to send to the gateway; the URL is filled in.
func (p *Plane) Load(c load.Config) *load.Running {
	if c.URL == "" {
		c.URL = p.Gateway + "/"
	}
	r := load.Start(p.t.Context(), c)
	p.t.Cleanup(func() { r.Stop() })
	return r
}

// clean ends every process, then the workloads they left running.
func (p *Plane) clean() {
	for _, x := range slices.Backward(p.processes) {
		x.end()
		if p.t.Failed() && x.Output() != "" {
			p.t.Logf("%s said:\n%s", x.Name, tail(x.Output()))
		}
	}
	p.endWorkloads()
}

// tailBytes of a process's words are shown when a test fails.
const tailBytes = 6000

func tail(s string) string {
	if len(s) > tailBytes {
		return "…" + s[len(s)-tailBytes:]
	}
	return s
}

func (p *Plane) pidText(name string) string { return "pid " + strconv.Itoa(p.Process(name).Pid()) }
