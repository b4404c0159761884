package e2e

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/slipway/load"
)

const tcpPage = checkout + "/docs/how-to/serve-tcp.md"

var fenced = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// What the how-to says of TCP routes is done as it stands there, at a free port.
func TestTheTCPPageIsRun(t *testing.T) {
	t.Parallel() // it waits most of its time
	page, err := os.ReadFile(tcpPage)
	if err != nil {
		t.Fatal(err)
	}
	file, typed := fenced.FindSubmatch(page), indented.FindAllStringSubmatch(string(page), -1)
	if file == nil || len(typed) != 2 {
		t.Fatalf("an app file and two commands, not %d", len(typed))
	}
	p := Start(t)
	address := p.freePort()
	_, port, _ := net.SplitHostPort(address)
	echo := strings.Replace(string(file[1]), "listen: 7007", "listen: "+port, 1)
	if err := os.WriteFile(filepath.Join(p.Dir, "echo.yaml"), []byte(echo), 0o600); err != nil {
		t.Fatal(err)
	}
	p.typesAs(p.Dir, typed[0][1]).finishes(t)
	l := p.Load(load.Config{URL: "http://" + address + "/", Rate: 20, Fresh: true})
	Await(t, 10*time.Second, "it to answer", func() bool { return l.Counts().OK > 10 })
	Lossless(t, l.Stop())
	p.typesAs(p.Dir, typed[1][1]).finishes(t) // nothing was cut yet
}
