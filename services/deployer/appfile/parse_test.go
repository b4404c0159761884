package appfile

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
	"slipway.dev/events"
)

const minimal = `name: hello                                   # the 4-line minimal app
artifact: ./hello
replicas: 2
ports: { http: { host: hello.localhost } }
`

func parseOne(t testing.TB, src string) App {
	t.Helper()
	apps, errs := Parse("app.yaml", []byte(src), given)
	if len(errs) > 0 {
		t.Fatalf("%s", Render(errs))
	}
	if len(apps) != 1 {
		t.Fatalf("%d apps", len(apps))
	}
	return apps[0]
}

func TestMinimalAppHasTheDefaultsOfTheTable(t *testing.T) {
	app := parseOne(t, minimal)
	want := events.Document{
		Name: "hello", Driver: "process", Artifact: &events.Artifact{Name: "hello"}, Replicas: 2, Balance: "least-request",
		Ports: map[string]events.DeclaredPort{"http": {
			SpecPort: events.SpecPort{Protocol: "http"}, Hosts: []string{"hello.localhost"}, Path: "/",
		}},
		Resources: events.Resources{CPUMilli: 100, MemoryBytes: 128 << 20},
		Limits: events.DeclaredLimits{
			SpecLimits: events.SpecLimits{Pids: 4096, Files: 65536},
			HTTP: events.HTTPLimits{RequestMs: 300_000, ResponseMs: 60_000, DialMs: 1000, BodyBytes: 100 << 20,
				BodySilenceMs: 30_000, StreamIdleMs: 3_600_000, InFlight: 1024},
		},
		Health: events.Health{
			Ready:     events.HealthCheck{Kind: "tcp", Port: "http", IntervalMs: 1000, TimeoutMs: 2000, Rise: 2, Fall: 3},
			StartupMs: 60_000, MinReadyMs: 3000,
		},
		Stop: events.StopPolicy{DrainMs: 15_000, Signal: "TERM", GraceMs: 10_000},
		Restart: events.RestartPolicy{When: "always", BackoffMinMs: 1000, BackoffMaxMs: 60_000,
			GiveUpFailures: 5, GiveUpWithinMs: 600_000},
		Placement: events.Placement{Strategy: "spread", Spread: []string{"node"}},
		Deploy: events.DeployPolicy{
			Strategy: "rolling", Rolling: events.RollingPolicy{Surge: events.Portion{Count: 1}},
			BlueGreen:  events.BlueGreenPolicy{Promote: "auto"},
			DeadlineMs: 600_000, RevertMs: 300_000, OnFailure: "rollback",
			Keep: events.KeepPolicy{Warm: 1, WarmForMs: 600_000, Window: 3, History: 10},
		},
		Drift: "repair",
	}
	if !reflect.DeepEqual(app.Document, want) {
		t.Errorf("got  %+v\nwant %+v", app.Document, want)
	}
	if app.ArtifactPath != "./hello" {
		t.Errorf("artifact path %q", app.ArtifactPath)
	}
}

// everything uses each field this version builds.
const everything = `
name: shop
labels: { team: checkout, a.b-c: "1" }
version: "2.4.1"
artifact: dist/shop.tar.gz
build: [make, dist]
command: [bin/shop, serve]
workdir: var
user: "1000:1000"
replicas: 6
env: { PRICE_TABLE: "/etc/prices", MONEY: $$5 }
files: [{ path: etc/app.toml, content: "workers = 4\n", mode: 0400 }]
ports:
  http: { hostPort: 8081, host: [shop.example.com, "*.shop.example.com"], path: /checkout, strip: true, protocol: http, tls: auto }
  admin: { host: none }
volumes: { cache: { path: var/cache, size: 1Gi, access: shared } }
external: true
uses: [api]
balance: { hash: cookie, name: cart }
retry: { status: [502, 503], budget: 10% }
breaker: { count500: true, failures: 3, open: 2s }
accessLog: { sample: 0.25, query: true }
errorPage: "<h1>{{code}}</h1>"
hostHeader: endpoint
allowEncodedSlash: true
resources: { cpu: 0.5, memory: 256Mi }
limits: { memory: 512Mi, cpu: 2, pids: 100, files: 1024, http: { request: unlimited, dial: 250ms, inFlight: 10 } }
health:
  ready: { http: /up, port: http, interval: 500ms, timeout: 1s, rise: 1, fall: 2 }
  live: { exec: [bin/alive], interval: 10s, fall: 3 }
  startup: 30s
  minReady: 0s
stop: { drain: 0.5s, signal: INT, grace: 1m }
restart: { when: on-failure, backoff: { min: 100ms, max: 10s }, giveUp: { failures: 3, within: 1m } }
placement:
  strategy: binpack
  spread: [zone, node]
  require: ["node.arch == amd64"]
  prefer: [{ expr: "node.labels.disk == ssd", weight: -50 }]
  maxPerNode: 3
hooks: { preDeploy: { command: [bin/shop, migrate], timeout: 5m, retries: 1 } }
deploy:
  strategy: blue-green
  sticky: { by: header, name: X-User, noKey: stable }
  rolling: { surge: 25%, unavailable: 1, order: stop-first }
  blueGreen: { promote: 10m, previewHost: next.example.com, previewReplicas: 2 }
  deadline: 1m
  revert: 30s
  onFailure: pause
  keep: { warm: 2, warmFor: 0s, window: 1, history: 5 }
drift: report
`

func TestEveryFieldArrivesInTheDocument(t *testing.T) {
	app := parseOne(t, everything)
	d := app.Document
	base := parseOne(t, minimal).Document
	got, plain := reflect.ValueOf(d), reflect.ValueOf(base)
	for i := range got.NumField() {
		name := got.Type().Field(i).Name
		if name == "Driver" || name == "PerNode" {
			continue // one driver is built; replicas are a number here
		}
		if reflect.DeepEqual(got.Field(i).Interface(), plain.Field(i).Interface()) {
			t.Errorf("%s is as in the minimal app: %v", name, got.Field(i))
		}
	}
	for what, pair := range map[string][2]any{
		"cpu":       {d.Resources.CPUMilli, int64(500)},
		"cpu limit": {d.Limits.CPUMilli, int64(2000)},
		"request":   {d.Limits.HTTP.RequestMs, int64(events.Unlimited)},
		"drain":     {d.DrainMs(), int64(500)},
		"surge":     {d.Deploy.Surge(6), 2},
		"promote":   {d.Deploy.BlueGreen.PromoteAfterMs, int64(600_000)},
		"balance":   {*d.BalanceKey, events.BalanceKey{By: "cookie", Name: "cart"}},
		"budget":    {d.Retry.BudgetBp, 1000},
		"breaker":   {*d.Breaker, events.BreakerPolicy{Count500: true, Failures: 3, OpenMs: 2000}},
		"accessLog": {*d.AccessLog, events.AccessLogPolicy{SampleBp: 2500, Query: true}},
		"sticky":    {*d.Deploy.Sticky, events.Sticky{By: "header", Name: "X-User", NoKey: "stable"}},
		"mode":      {d.Files[0].Mode, "0400"},
		"money":     {d.Env["MONEY"], "$5"},
		"no host":   {d.Ports["admin"].NoHost, true},
		"tls":       {d.Ports["http"].TLS, events.TLSAuto},
		"live":      {d.Health.Live.Kind, "exec"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
		}
	}
	if fmt.Sprint(app.Build) != "[make dist]" {
		t.Errorf("build %q", app.Build)
	}
}

func TestThreeErrorsWithLineAndColumn(t *testing.T) {
	t.Run("interface-7 bad field, wrong type and unknown key in one file: three errors with line and column", func(t *testing.T) {
		src, err := os.ReadFile("testdata/three-errors.yaml")
		if err != nil {
			t.Fatal(err)
		}
		apps, errs := Parse("app.yaml", src, nil)
		var got []string
		for _, e := range errs {
			got = append(got, fmt.Sprintf("%d:%d %s %s", e.Line, e.Column, e.Path, e.Code))
		}
		want := []string{"3:29 ports.http.colour SLW-F002", "4:11 replicas SLW-F003", "6:13 deploy.strategy SLW-F004"}
		if apps != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestSeveralDocumentsAreSeveralApps(t *testing.T) {
	apps, errs := Parse("app.yaml", []byte("---\nname: a\ncommand: [slipway, example, http]\n---\nname: b\nreplicas: per-node\ncommand: [/bin/b]\n---\n"), nil)
	if len(errs) > 0 || len(apps) != 2 {
		t.Fatalf("%d apps, %v", len(apps), errs)
	}
	if d := apps[1].Document; d.Name != "b" || !d.PerNode || d.Replicas != 0 || d.Health.Ready.Kind != events.CheckAlive {
		t.Errorf("second app %+v", d)
	}
	if v := apps[0].Document.Version; len(v) != 12 {
		t.Errorf("an app without artifact has version %q, want 12 hex digits", v)
	}
	_, errs = Parse("app.yaml", []byte(minimal+"---\n# two\nreplicas: 1\n"), nil)
	if len(errs) == 0 || errs[0].Line != 7 || errs[0].Path != "name" {
		t.Errorf("the second document's missing name: %v", errs)
	}
}

func TestAliasesAndMergeKeysStandForTheirValues(t *testing.T) {
	app := parseOne(t, `
name: web
artifact: ./web
health: { ready: &up { http: /up, port: http }, live: { <<: *up, interval: 5s } }
ports: { http: {} }
`)
	if live := app.Document.Health.Live; live.Path != "/up" || live.IntervalMs != 5000 {
		t.Errorf("live %+v", live)
	}
}

func TestVariablesTakeTheKindOfTheirField(t *testing.T) {
	app := parseOne(t, "name: ${NAME}\nartifact: ./${NAME}\nreplicas: ${COUNT}\nversion: ${COUNT}\nenv: { A: \"${EMPTY:-d}\", B: \"${EMPTY}\" }\n")
	d := app.Document
	if d.Name != "web" || d.Replicas != 3 || d.Version != "3" || d.Env["A"] != "d" || d.Env["B"] != "" || app.ArtifactPath != "./web" {
		t.Errorf("%+v", d)
	}
}

func TestLimitsOfTheText(t *testing.T) {
	many := "name: a\nartifact: ./a\nenv:\n"
	for i := range maxNodes {
		many += fmt.Sprintf("  K%d: v\n", i)
	}
	for what, src := range map[string]string{
		"bytes":     "name: " + strings.Repeat("a", maxFileBytes),
		"documents": strings.Repeat("---\nname: a\n", maxDocuments+1),
		"values":    many,
		"brackets":  strings.Repeat("[", 200_000),
		"dashes":    strings.Repeat("- ", 100_000),
	} {
		before := time.Now()
		_, errs := Parse("app.yaml", []byte(src), nil)
		if len(errs) != 1 || errs[0].Code != BeyondLimit {
			t.Errorf("%s: %d errors, %v", what, len(errs), errs[0])
		}
		if took := time.Since(before); took > 10*time.Second {
			t.Errorf("%s: took %s", what, took)
		}
	}
}

func TestAtMostFiftyErrorsAreShown(t *testing.T) {
	var src strings.Builder
	for i := range 60 {
		fmt.Fprintf(&src, "key%d: 1\n", i)
	}
	_, errs := Parse("app.yaml", []byte(src.String()), nil)
	text := Render(errs)
	if len(errs) != 61 || strings.Count(text, "SLW-") != 50 ||
		!strings.HasSuffix(text, "\nand 11 more\n61 errors in app.yaml; nothing was sent\n") {
		t.Errorf("%d errors, shown as\n%s", len(errs), text[len(text)-200:])
	}
}

func TestFaultsFoundLaterStandAtTheirField(t *testing.T) {
	app := parseOne(t, minimal)
	e := app.Fault("artifact", Unreadable, "cannot be read: no such file")
	if e.Line != 2 || e.Column != 11 || e.headline() != "app.yaml:2:11 artifact: cannot be read: no such file [SLW-F010]" {
		t.Errorf("%+v", e)
	}
	if line, column := app.Position("ports.http.path"); line != 4 || column != 10 {
		t.Errorf("a field that is not written is told at %d:%d", line, column)
	}
}

func TestExcerptShowsNothingATerminalObeys(t *testing.T) {
	_, errs := Parse("app.yaml", []byte("name: web\nartifact: ./web\nversion: [\"\x1b[31m\", "+strings.Repeat("x", 300)+"]\n"), nil)
	text := Render(errs)
	if strings.ContainsRune(text, 0x1b) {
		t.Errorf("%q", text)
	}
	for line := range strings.Lines(text) {
		if len([]rune(line)) > excerptColumn+20 {
			t.Errorf("a line of %d code points", len([]rune(line)))
		}
	}
}

// TestParseNeverPanics feeds arbitrary bytes, and files cut and stitched from real ones.
func TestParseNeverPanics(t *testing.T) {
	var seeds []string
	paths, _ := filepath.Glob("testdata/*.yaml")
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, strings.SplitAfter(string(src), "\n")...)
	}
	seeds = append(seeds, strings.SplitAfter(everything, "\n")...)
	whole := strings.SplitAfter(everything, "\n")
	odd := []string{"0", "-1", "null", "x", "[]", "{}", "99999999999999999999", "1.5", "*a", "&a b", "''", "${NOPE}", "!!str 1", "true", "~", ".inf", "0x1f"}
	rapid.Check(t, func(t *rapid.T) {
		var src []byte
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			src = rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		case 1:
			src = []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(seeds), 0, 12).Draw(t, "lines"), ""))
		default: // a sound file with a line gone and words exchanged
			gone := rapid.IntRange(0, len(whole)-1).Draw(t, "gone")
			words := strings.Fields(strings.Join(whole, ""))
			text := strings.Join(append(append([]string{}, whole[:gone]...), whole[gone+1:]...), "")
			for range rapid.IntRange(0, 4).Draw(t, "exchanges") {
				text = strings.Replace(text, rapid.SampledFrom(words).Draw(t, "word"), rapid.SampledFrom(odd).Draw(t, "odd"), 1)
			}
			src = []byte(text)
		}
		apps, errs := Parse("app.yaml", src, given)
		for i, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Message == "" || e.Code == "" || e.File == "" {
				t.Fatalf("error without a place or a code: %+v", e)
			}
			if i > 0 && errs[i-1].Line > e.Line {
				t.Fatal("errors are not sorted")
			}
		}
		for _, app := range apps {
			app.Document.SetArtifact(events.Artifact{SHA256: strings.Repeat("0", 64), SizeBytes: 1, Name: "a"})
			if found := Check(app.Document); len(found) > 0 {
				t.Fatalf("parsed, but refused as a wish: %+v", found)
			}
		}
		if len(errs) > 0 {
			Render(errs)
		}
	})
}

func BenchmarkChain(b *testing.B) {
	src := []byte(everything)
	for b.Loop() {
		if _, errs := Parse("app.yaml", src, given); len(errs) > 0 {
			b.Fatal(Render(errs))
		}
	}
}

func TestChainTakesLessThanAMillisecond(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	src := []byte(everything)
	best := time.Hour // the best of many: the machine is shared
	for range 50 {
		before := time.Now()
		Parse("app.yaml", src, given)
		best = min(best, time.Since(before))
	}
	if best > time.Millisecond {
		t.Errorf("the chain takes %s", best)
	}
}
