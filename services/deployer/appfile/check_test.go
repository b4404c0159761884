package appfile

import (
	"encoding/json"
	"strings"
	"testing"

	"slipway.dev/events"
)

// wished is a sound document as a client would publish it.
func wished(t testing.TB) events.Document {
	d := parseOne(t, everything).Document
	d.SetArtifact(events.Artifact{SHA256: strings.Repeat("ab", 32), SizeBytes: 10, Name: "shop.tar.gz"})
	return d
}

func TestASoundWishBreaksNoRule(t *testing.T) {
	if found := Check(wished(t)); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

// TestAWishMeetsTheRulesOfAFile: what the schema says of a file holds for a document
// published by any client too.
func TestAWishMeetsTheRulesOfAFile(t *testing.T) {
	for field, breakIt := range map[string]func(d *events.Document){
		"name":                 func(d *events.Document) { d.Name = "" },
		"version":              func(d *events.Document) { d.Version = "" },
		"driver":               func(d *events.Document) { d.Driver = "docker" },
		"artifact":             func(d *events.Document) { d.Artifact.SHA256 = "" },
		"replicas":             func(d *events.Document) { d.Replicas = 10_001 },
		"balance":              func(d *events.Document) { d.Balance = "" },
		"drift":                func(d *events.Document) { d.Drift = "shrug" },
		"command[0]":           func(d *events.Document) { d.Command[0] = "../../bin/sh" },
		"workdir":              func(d *events.Document) { d.Workdir = "/etc" },
		"files[0].path":        func(d *events.Document) { d.Files[0].Path = "a/../../b" },
		"files[0].mode":        func(d *events.Document) { d.Files[0].Mode = "4755" },
		"ports.http.protocol":  func(d *events.Document) { changePort(d, "http", func(p *events.DeclaredPort) { p.Protocol = "h3" }) },
		"ports.http.listen":    func(d *events.Document) { changePort(d, "http", func(p *events.DeclaredPort) { p.Listen = 5432 }) },
		"ports.http.path":      func(d *events.Document) { changePort(d, "http", func(p *events.DeclaredPort) { p.Path = "" }) },
		"ports.http.host":      func(d *events.Document) { changePort(d, "http", func(p *events.DeclaredPort) { p.Hosts[0] = "A" }) },
		"volumes.cache.path":   func(d *events.Document) { changeVolume(d, func(v *events.SpecVolume) { v.Path = "/var/cache" }) },
		"volumes.cache.size":   func(d *events.Document) { changeVolume(d, func(v *events.SpecVolume) { v.SizeBytes = 0 }) },
		"volumes.cache.access": func(d *events.Document) { changeVolume(d, func(v *events.SpecVolume) { v.Access = "rw" }) },
		"volumes.UP": func(d *events.Document) {
			d.Volumes["UP"] = events.SpecVolume{Path: "up", SizeBytes: 1, Access: "scratch"}
		},
		"resources.memory": func(d *events.Document) { d.Resources.MemoryBytes = 0 },
		"limits.pids":      func(d *events.Document) { d.Limits.Pids = 0 },
		"limits.memory":    func(d *events.Document) { d.Limits.MemoryBytes = 1 },
		"ports.http.tls": func(d *events.Document) {
			changePort(d, "http", func(p *events.DeclaredPort) { p.TLS, p.TLSSecret = events.TLSSecret, "web-tls" })
		},
		"ports.admin.tls": func(d *events.Document) {
			changePort(d, "admin", func(p *events.DeclaredPort) { p.TLS = events.TLSAuto })
		},
		"limits.http.request":        func(d *events.Document) { d.Limits.HTTP.RequestMs = 0 },
		"limits.http.body":           func(d *events.Document) { d.Limits.HTTP.BodyBytes = -2 },
		"health.ready":               func(d *events.Document) { d.Health.Ready.Kind = "" },
		"health.ready.port":          func(d *events.Document) { d.Health.Ready.Port = "nope" },
		"health.ready.interval":      func(d *events.Document) { d.Health.Ready.IntervalMs = 0 },
		"health.live":                func(d *events.Document) { d.Health.Live.Kind = events.CheckAlive },
		"health.live.exec":           func(d *events.Document) { d.Health.Live.Command = nil },
		"health.startup":             func(d *events.Document) { d.Health.StartupMs = 0 },
		"stop.signal":                func(d *events.Document) { d.Stop.Signal = "" },
		"stop.drain":                 func(d *events.Document) { d.Stop.DrainMs = -1 },
		"restart.when":               func(d *events.Document) { d.Restart.When = "" },
		"restart.giveUp.failures":    func(d *events.Document) { d.Restart.GiveUpFailures = 101 },
		"placement.strategy":         func(d *events.Document) { d.Placement.Strategy = "" },
		"placement.prefer[0].weight": func(d *events.Document) { d.Placement.Prefer[0].Weight = -101 },
		"deploy.strategy":            func(d *events.Document) { d.Deploy.Strategy = "cannery" },
		"deploy.rolling.order":       func(d *events.Document) { d.Deploy.Rolling.Order = "both" },
		"deploy.rolling.unavailable": func(d *events.Document) { d.Deploy.Rolling.Unavailable.ShareBp = 10_001 },
		"deploy.blueGreen.promote":   func(d *events.Document) { d.Deploy.BlueGreen.Promote = "" },
		"deploy.blueGreen.previewHost": func(d *events.Document) {
			d.Deploy.BlueGreen.PreviewHost = "shop.example.com"
		},
		"deploy.blueGreen.previewReplicas": func(d *events.Document) { d.Deploy.BlueGreen.PreviewReplicas = 7 },
		"deploy.deadline":                  func(d *events.Document) { d.Deploy.DeadlineMs = 0 },
		"deploy.onFailure":                 func(d *events.Document) { d.Deploy.OnFailure = "continue" },
		"deploy.keep.history":              func(d *events.Document) { d.Deploy.Keep.History = 0 },
		"hooks.preDeploy.command":          func(d *events.Document) { d.Hooks.PreDeploy.Command = nil },
		"env":                              func(d *events.Document) { d.Env["BIG"] = strings.Repeat("x", 65<<10) },
		"files":                            func(d *events.Document) { d.Files[0].Content = strings.Repeat("x", 65<<10) },
	} {
		d := wished(t)
		breakIt(&d)
		found := Check(d)
		if len(found) != 1 || found[0].Field != field || found[0].Text == "" || found[0].Code == "" {
			t.Errorf("%s: %+v", field, found)
		}
	}
	if found := Check(events.Document{}); len(found) < 15 {
		t.Errorf("an empty wish breaks %d rules", len(found))
	}
}

func changePort(d *events.Document, name string, change func(*events.DeclaredPort)) {
	p := d.Ports[name]
	change(&p)
	d.Ports[name] = p
}

func changeVolume(d *events.Document, change func(*events.SpecVolume)) {
	v := d.Volumes["cache"]
	change(&v)
	d.Volumes["cache"] = v
}

func TestDefaultsAreWhatTheSchemaSays(t *testing.T) {
	var schema struct {
		Properties map[string]struct {
			Description string
			Default     any
			Properties  map[string]struct {
				Description string
				Default     any
			}
		}
		Required             []string
		AdditionalProperties any
	}
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.Required) != 1 || schema.Required[0] != "name" || schema.AdditionalProperties != false {
		t.Errorf("required %v, other fields %v", schema.Required, schema.AdditionalProperties)
	}
	for name, p := range schema.Properties {
		if p.Description == "" {
			t.Errorf("%s has no description", name)
		}
		for below, q := range p.Properties {
			if q.Description == "" {
				t.Errorf("%s.%s has no description", name, below)
			}
		}
	}
	if schema.Properties["stop"].Properties["drain"].Default != "15s" || schema.Properties["replicas"].Default != float64(1) {
		t.Errorf("defaults %v, %v", schema.Properties["stop"].Properties["drain"].Default, schema.Properties["replicas"].Default)
	}
}

func TestExplain(t *testing.T) {
	for field, want := range map[string]string{
		"app":                    "FIELD",
		"app.deploy.keep":        "warmFor",
		"deploy.strategy":        "rolling, blue-green or canary",
		"app.ports.web.hostPort": "Fixed port",
		"app.files[0].mode":      "0444",
		"app.deploy.analysis":    "startingStep",
		"app.health.ready":       "interval",
		"app.image":              "not built yet",
	} {
		if text, ok := Explain(field); !ok || !strings.Contains(text, want) {
			t.Errorf("%s: %v\n%s", field, ok, text)
		}
	}
	for _, field := range []string{"app.nope", "app.deploy.nope", "SLW-D012", "release.promoted", "app.name.x"} {
		if text, ok := Explain(field); ok {
			t.Errorf("%s is explained as %s", field, text)
		}
	}
}

// TestAWrittenStartFirstWinsOverASingleVolume: delivery-R15, its half in the plan.
func TestAWrittenStartFirstWinsOverASingleVolume(t *testing.T) {
	const data = minimal + "volumes: { data: { path: data, size: 1Gi, access: single } }\n"
	for order, warned := range map[string]bool{"": false, "stop-first": false, "start-first": true} {
		src := strings.Replace(data, "replicas: 2", "replicas: 1", 1)
		if order != "" {
			src += "deploy: { rolling: { order: " + order + " } }\n"
		}
		got := Warnings(parseOne(t, src).Document)
		if (len(got) == 1 && strings.Contains(got[0], "single")) != warned {
			t.Errorf("order %q: warnings %q", order, got)
		}
	}
}
