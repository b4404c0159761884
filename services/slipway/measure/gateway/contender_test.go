package gateway

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// contender is a proxy that is measured.
type contender struct {
	name    string
	program string // that must be installed; "" is this one
	// run starts it before a backend.
	run func(p *process)
	// replace sends what comes from now on to another backend, as its users do it, and
	// returns when it says that it does.
	replace func(p *process, backend string) error
}

// contenders are all; ours is the first.
var contenders = []*contender{
	{name: "ours", run: played, replace: (*process).replaceTold},
	{name: "reverseproxy", run: played, replace: (*process).replaceTold},
	{name: "nginx", program: "nginx", run: runNginx, replace: replaceNginx},
	{name: "haproxy", program: "haproxy", run: runHaproxy, replace: replaceHaproxy},
	{name: "caddy", program: "caddy", run: runCaddy, replace: replaceCaddy},
}

// amongVariable names the contenders to measure, ours first, for a quick look by hand.
const amongVariable = "SLIPWAY_MEASURE_AMONG"

// present are the contenders that this machine has; the others are named.
func present(b *testing.B) (some []*contender) {
	b.Helper()
	among := os.Getenv(amongVariable)
	for _, c := range contenders {
		if among != "" && !slices.Contains(strings.Split(among, ","), c.name) {
			continue
		}
		if _, err := exec.LookPath(c.program); c.program != "" && err != nil {
			b.Logf("skipped: %s is not installed", c.name)
			continue
		}
		some = append(some, c)
	}
	return some
}

// start starts it before a backend and waits until it answers.
func (c *contender) start(b *testing.B, backend string) *process {
	b.Helper()
	p := &process{b: b, of: c, dir: b.TempDir(), address: freeAddress(b), backend: backend}
	must(b, os.Chmod(p.dir, 0o755))
	c.run(p)
	return p
}

// played is a contender that this program plays.
func played(p *process) {
	self, err := os.Executable()
	must(p.b, err)
	p.command([]string{roleVariable + "=" + p.of.name, addressVariable + "=" + p.address, backendVariable + "=" + p.backend}, self)
}

func (p *process) replaceTold(backend string) error { return p.told(backend) }
