package events

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// filled is a document in which every field of every struct has a value, so that
// reflection can reach all of them.
func filled() Document {
	var d Document
	fill(reflect.ValueOf(&d).Elem(), 1)
	return d
}

func fill(v reflect.Value, n int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Map:
		item := reflect.New(v.Type().Elem()).Elem()
		fill(item, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("http"), item)
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d", n))
	case reflect.Bool:
		v.SetBool(n%2 == 1)
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.5)
	default:
		v.SetInt(int64(n))
	}
}

// leaf is one value inside a document: how to change it in a copy, and whether it steers.
type leaf struct {
	path   string
	steers bool
	change func(d *Document)
}

// leaves lists every value of a document by its fields, so a new field is never forgotten.
func leaves(t reflect.Type, path string, steers bool, reach func(d *Document, do func(reflect.Value))) []leaf {
	switch t.Kind() {
	case reflect.Pointer:
		return leaves(t.Elem(), path, steers, func(d *Document, do func(reflect.Value)) {
			reach(d, func(v reflect.Value) { do(v.Elem()) })
		})
	case reflect.Slice:
		return leaves(t.Elem(), path+"[0]", steers, func(d *Document, do func(reflect.Value)) {
			reach(d, func(v reflect.Value) { do(v.Index(0)) })
		})
	case reflect.Map:
		return leaves(t.Elem(), path+".http", steers, func(d *Document, do func(reflect.Value)) {
			reach(d, func(v reflect.Value) {
				item := reflect.New(t.Elem()).Elem()
				item.Set(v.MapIndex(reflect.ValueOf("http")))
				do(item)
				v.SetMapIndex(reflect.ValueOf("http"), item)
			})
		})
	case reflect.Struct:
		var all []leaf
		for i := range t.NumField() {
			f := t.Field(i)
			all = append(all, leaves(f.Type, path+"."+f.Name, steers || f.Tag.Get("steers") == "true",
				func(d *Document, do func(reflect.Value)) {
					reach(d, func(v reflect.Value) { do(v.Field(i)) })
				})...)
		}
		return all
	}
	return []leaf{{path, steers, func(d *Document) { reach(d, func(v reflect.Value) { fill(v, 2) }) }}}
}

func TestEveryFieldEitherSteersOrMakesTheRevision(t *testing.T) {
	root := func(d *Document, do func(reflect.Value)) { do(reflect.ValueOf(d).Elem()) }
	before, count := filled(), 0
	for _, l := range leaves(reflect.TypeFor[Document](), "document", false, root) {
		after := filled()
		l.change(&after)
		if reflect.DeepEqual(before, after) {
			t.Fatalf("%s: the test changed nothing", l.path)
		}
		if same := before.Revision() == after.Revision(); same != l.steers {
			t.Errorf("%s: steers %v, revision kept %v", l.path, l.steers, same)
		}
		if before.Hash() == after.Hash() {
			t.Errorf("%s: not part of the document's hash", l.path)
		}
		count++
	}
	if count < 60 {
		t.Errorf("%d leaves reached, want the whole document", count)
	}
}

func TestRevisionSurvivesTheLog(t *testing.T) {
	d := filled()
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back Document
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(d, back) {
		t.Errorf("read back %+v, wrote %+v", back, d)
	}
	if back.Revision() != d.Revision() || back.Spec().Revision() != d.Revision() {
		t.Error("the revision changed on its way through the log")
	}
	if !strings.HasPrefix(d.Revision(), "sha256:") || len(d.Revision()) != len("sha256:")+64 {
		t.Errorf("revision %q", d.Revision())
	}
}

func TestRevisionIsOverCanonicalJSON(t *testing.T) {
	got := string(canonical(Spec{Env: map[string]string{"B": "<2>", "A": "1"}, Driver: DriverProcess}))
	if !strings.HasPrefix(got, `{"driver":"process","env":{"A":"1","B":"<2>"},"health":`) {
		t.Errorf("canonical JSON is %s", got)
	}
}

func TestVersionIsNamedAfterTheArtifact(t *testing.T) {
	var d, written, bare Document
	a := Artifact{SHA256: strings.Repeat("0123456789abcdef", 4), SizeBytes: 5, Name: "hello"}
	d.SetArtifact(a)
	written.Version = "2.4.1"
	written.SetArtifact(a)
	bare.NameVersion()
	if d.Version != "0123456789ab" || written.Version != "2.4.1" || len(bare.Version) != 12 {
		t.Errorf("versions %q, %q, %q", d.Version, written.Version, bare.Version)
	}
}

func TestPortNames(t *testing.T) {
	spec := Spec{Ports: map[string]SpecPort{"b": {}, "a": {}}}
	if got := spec.MainPort(); got != "a" {
		t.Errorf("main port of a, b is %q", got)
	}
	spec.Ports["http"] = SpecPort{HostPort: 80}
	if spec.MainPort() != "http" || !spec.HasFixedPort() || (Spec{}).MainPort() != "" {
		t.Error("main port is http where there is one, none where there is none")
	}
	routed := Document{Ports: map[string]DeclaredPort{"http": {SpecPort: SpecPort{Protocol: ProtocolHTTP}}}}
	hidden := Document{Ports: map[string]DeclaredPort{"http": {SpecPort: SpecPort{Protocol: ProtocolHTTP}, NoHost: true}}}
	raw := Document{Ports: map[string]DeclaredPort{"db": {SpecPort: SpecPort{Protocol: ProtocolTCP}}}}
	if !routed.HasHTTP() || !hidden.HasHTTP() || raw.HasHTTP() {
		t.Error("an http port is routed, without a host for other apps alone")
	}
}

func TestPortionRoundsSurgeUpAndUnavailableDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.IntRange(0, 10_000).Draw(t, "target")
		p := Portion{ShareBp: rapid.IntRange(0, 10_000).Draw(t, "bp")}
		up, down := p.Up(target), p.Down(target)
		if up-down < 0 || up-down > 1 || up*10_000 < target*p.ShareBp || down*10_000 > target*p.ShareBp {
			t.Fatalf("%d bp of %d: up %d, down %d", p.ShareBp, target, up, down)
		}
	})
}

func TestConditions(t *testing.T) {
	node := map[string]string{"name": "n1", "arch": "amd64", "labels.disk": "ssd"}
	field := func(name string) string { return node[name] }
	for expr, want := range map[string]bool{
		"node.arch == amd64":               true,
		"node.arch != amd64":               false,
		`node.labels.disk == "ssd"`:        true,
		"node.name in [n1, n2]":            true,
		"node.name not in [n1, n2]":        false,
		"node.zone not  in [a]":            true,
		"node.labels.gpu.vendor == nvidia": false,
	} {
		c, err := ParseCondition(expr)
		if err != nil || c.Holds(field) != want {
			t.Errorf("%s: %v, %v; want %v", expr, c.Holds(field), err, want)
		}
	}
	for _, expr := range []string{"", "arch == amd64", "node.cpu == 1", "node.arch = amd64", "node.name in n1", "node.name in []", "node.name == a b"} {
		if _, err := ParseCondition(expr); err == nil {
			t.Errorf("%q was read as a condition", expr)
		}
	}
}

func TestClaimsAreWhatStaysOnANode(t *testing.T) {
	s := Spec{Volumes: map[string]SpecVolume{
		"tmp": {Path: "tmp", Access: VolumeScratch}, "media": {Path: "media", Access: VolumeShared}, "data": {Path: "data", Access: VolumeSingle},
	}}
	for _, c := range []struct {
		shared bool
		want   []VolumeClaim
	}{
		{false, []VolumeClaim{{Volume: "data", Alone: true}, {Volume: "media"}}},
		{true, []VolumeClaim{{Volume: "data"}, {Volume: "media"}}},
	} {
		if got := s.Claims(c.shared); !reflect.DeepEqual(got, c.want) {
			t.Errorf("claims, shared %v: %+v, want %+v", c.shared, got, c.want)
		}
	}
	if !s.HasSingleVolume() || (Spec{}).HasSingleVolume() {
		t.Error("a single volume is not found, or found where there is none")
	}
}
