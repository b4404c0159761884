package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/slipway/cli"
	"slipway.dev/services/slipway/e2e"
)

// endless are the verbs whose examples go on until somebody stops them: other tests
// start and end them; so does offering an endpoint, which is kept until it is ended. A
// drill that lasts, or needs processes of their own, is another test's too.
var endless = []string{"drill slow-instance", "drill partition-gateway", "drill bad-release", "drill kill-service", "dev", "demo", "run", "run bus", "restore", "nodes drain"}

// steers are those whose examples change what the others look at, the app or the
// context: they run last, in this order.
var steers = []string{"traffic hold", "traffic release", "traffic evict", "deploy", "pause", "resume", "promote", "abort", "retry", "rollback", "retire", "context save", "context rm"}

// TestExamplesRun types each example of each verb's help at a cluster that has an app.
// It ends as its verb says it may, and neither for its flags nor because it found no
// cluster.
func TestExamplesRun(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.does(0, "init", "shop")
	p.file("app.yaml", e2e.Example("shop", "v1", "rolling", ""))
	p.does(0, "deploy", "-y")
	p.file("event.json", p.does(0, "events", "--type", "*.promoted", "-o", "json", "-n", "1").Stdout)
	list := cli.HelpLines()
	slices.SortStableFunc(list, func(a, b cli.HelpLine) int { return slices.Index(steers, a.Verb) - slices.Index(steers, b.Verb) })
	for _, x := range list {
		if slices.Contains(endless, x.Verb) || strings.HasSuffix(x.Line, " -f") || strings.Contains(x.Line, " endpoint offer ") {
			continue
		}
		t.Run(x.Line, func(t *testing.T) { types(t, p, x) })
	}
}

// types runs a line in a shell, as a person would.
func types(t *testing.T, p person, x cli.HelpLine) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	line := strings.ReplaceAll(x.Line, "/srv/backups/", "") // nothing is written beyond the test's folder
	if x.Verb == "deploy" {
		line += " --yes"
	}
	var words bytes.Buffer
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	cmd.Dir, cmd.Stderr = p.Dir, &words
	cmd.Env = append(os.Environ(), "HOME="+p.Dir, "XDG_CONFIG_HOME="+filepath.Join(p.Dir, "config"),
		"PATH="+filepath.Dir(e2e.Binary(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%v\n%s", err, words.String())
	}
	if code := cmd.ProcessState.ExitCode(); len(x.Exits) > 0 && !slices.Contains(x.Exits, code) {
		t.Errorf("ends with %d, the help says %v\n%s", code, x.Exits, words.String())
	}
	for _, never := range []string{"SLW-U001", "SLW-U002", "SLW-C0", "SLW-X001"} {
		if strings.Contains(words.String(), never) {
			t.Errorf("%s", words.String())
		}
	}
}
