package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const discoverPage = checkout + "/docs/how-to/discover-endpoints.md"

// compileWait is for go run where nothing has been built before.
const compileWait = 5 * time.Minute

// TestDiscover types what the how-to says, while an app is deployed twice.
func TestDiscover(t *testing.T) {
	t.Parallel() // it waits most of its time
	text, err := os.ReadFile(discoverPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	p := New(t)
	at := p.freePort()
	p.startDev(options{flags: []string{"--discovery", at}})
	p.Log = p.follow()
	// said is the page's command, at this test's address.
	said := func(begins string) string {
		t.Helper()
		for _, m := range indented.FindAllStringSubmatch(page, -1) {
			if strings.HasPrefix(m[1], begins) {
				return strings.ReplaceAll(m[1], "127.0.0.1:4280", at)
			}
		}
		t.Fatalf("the how-to has no command %s", begins)
		return ""
	}
	program, _, _ := strings.Cut(page[strings.Index(page, "```go\n")+len("```go\n"):], "```")
	source := filepath.Join(t.TempDir(), "lists.go")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	listing := p.typesIn(checkout+"/pkg", strings.Replace(said("go run lists.go"), "lists.go", source, 1))
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	Await(t, compileWait, "the program to be built and to list", func() bool { return strings.Contains(listing.out.String(), " web-1-") })
	waiting := p.types(said("curl -s 'http"))
	t.Run("a plain read is the list", func(t *testing.T) {
		if all := p.types(said("curl -s http://")).finishes(t); !strings.Contains(all, `"app":"web"`) {
			t.Errorf("all are %s", all)
		}
		if one := p.types(said("curl -s http://127.0.0.1:4280/v1/pools/web")).finishes(t); !strings.Contains(one, `"endpoint":"web-1-`) || !strings.Contains(one, `"position":"1:`) {
			t.Errorf("one is %s", one)
		}
		res, err := http.Get("http://" + at + "/v1/pools/nobody")
		if err != nil || res.StatusCode != http.StatusNotFound {
			t.Errorf("nobody is %v %v", res, err)
		}
	})
	t.Run("a read that waits is answered with the next list", func(t *testing.T) {
		if next := waiting.finishes(t); !strings.Contains(next, `"app":"web"`) || strings.Contains(next, `"generation":1,`) {
			t.Errorf("the next is %s", next)
		}
	})
	t.Run("dataplane-10 the stock client reads the same", func(t *testing.T) {
		if _, err := exec.LookPath("nats"); err != nil {
			absent(t, "nats")
		}
		if now := p.types(said("nats stream get")).finishes(t); !strings.Contains(now, "dev.slipway.pool.changed.v1") {
			t.Errorf("it reads %s", now)
		}
		subscribed := p.types(said("nats sub"))
		Await(t, exampleWait, "the list as it is", func() bool { return strings.Contains(subscribed.out.String(), `"endpoint":"web-1-`) })
		p.MustDeploy(Example("web", "v2", "rolling", ""), 30*time.Second)
		Await(t, exampleWait, "the next release", func() bool { return strings.Contains(subscribed.out.String(), `"endpoint":"web-2-`) })
	})
	t.Run("the program of the page shows each list", func(t *testing.T) {
		p.MustDeploy(Example("web", "v3", "rolling", ""), 30*time.Second)
		release := p.Log.All(Is("web", "release", "promoted"))
		last := strings.Replace(release[len(release)-1].Subject, "/", "-", 1)
		Await(t, exampleWait, "it to show both", func() bool {
			said := listing.out.String()
			return strings.Contains(said, " web-1-") && strings.Contains(said, " "+last+"-")
		})
	})
}
