package appfile

import (
	"fmt"
	"reflect"
	"strings"
	"text/tabwriter"
)

// explainRoot is what a field's name begins with on the command line.
const explainRoot = "app"

// Explain tells about a field of the app file, such as app.deploy.keep: what it is
// for, what it takes, its default, and the fields below it. ok is false where the
// app file has no such field. A name the author chooses is written <name> or any name.
func Explain(field string) (text string, ok bool) {
	path := split(strings.TrimPrefix(strings.TrimPrefix(field, explainRoot), "."))
	if field != explainRoot && !strings.HasPrefix(field, explainRoot+".") {
		path = split(field)
	}
	if word, known := explainLater(path); known {
		return word, true
	}
	t, f, _, ok := typeAt(path)
	if !ok {
		return "", false
	}
	var b strings.Builder
	b.WriteString(strings.Join(append([]string{explainRoot}, path...), ".") + "\n")
	if len(path) == 0 {
		b.WriteString("  One application: one YAML document.\n")
	} else {
		explainField(&b, f, t)
	}
	explainBelow(&b, element(t))
	return b.String(), true
}

func explainField(b *strings.Builder, f reflect.StructField, t reflect.Type) {
	if desc := f.Tag.Get("desc"); desc != "" {
		fmt.Fprintf(b, "  %s\n", desc)
	}
	fmt.Fprintf(b, "  type     %s\n", typeName(t, f))
	if def, has := f.Tag.Lookup("default"); has {
		fmt.Fprintf(b, "  default  %s\n", def)
	}
}

// explainBelow lists the fields of a struct as a table.
func explainBelow(b *strings.Builder, t reflect.Type) {
	if t.Kind() != reflect.Struct || isScalar(t) {
		return
	}
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  FIELD\tTYPE\tDEFAULT\tWHAT")
	for i := range t.NumField() {
		f := t.Field(i)
		def := f.Tag.Get("default")
		if f.Tag.Get("jsonschema") == "required" {
			def = "required"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", jsonName(f), typeName(bare(f.Type), f), def, f.Tag.Get("desc"))
	}
	table.Flush()
}

// explainLater answers for a field that is known but not built yet.
func explainLater(path []string) (string, bool) {
	if len(path) == 0 {
		return "", false
	}
	_, _, pattern, ok := typeAt(parent(path))
	name := path[len(path)-1]
	for _, known := range laterFields(pattern) {
		if ok && known == name {
			return explainRoot + "." + strings.Join(path, ".") + "\n  not built yet in this version\n", true
		}
	}
	return "", false
}

// element is what a list or mapping of t holds.
func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Map || t.Kind() == reflect.Slice {
		t = bare(t.Elem())
	}
	return t
}

var scalarNames = map[reflect.Type]string{
	reflect.TypeFor[Duration]():      "duration",
	reflect.TypeFor[Size]():          "size",
	reflect.TypeFor[CPU]():           "cpu",
	reflect.TypeFor[Count]():         "count",
	reflect.TypeFor[Replicas]():      "count or per-node",
	reflect.TypeFor[Portion]():       "count or share",
	reflect.TypeFor[Sample]():        "number from 0 to 1",
	reflect.TypeFor[Bound]():         "share, duration or number",
	reflect.TypeFor[Hosts]():         "name, list of names, or none",
	reflect.TypeFor[Mode]():          "octal text",
	reflect.TypeFor[Promote]():       "auto, manual or duration",
	reflect.TypeFor[DurationLimit](): "duration or unlimited",
	reflect.TypeFor[SizeLimit]():     "size or unlimited",
	reflect.TypeFor[CountLimit]():    "count or unlimited",
}

func typeName(t reflect.Type, f reflect.StructField) string {
	if words := oneOf(f); words != nil && t.Kind() == reflect.String {
		return list(words)
	}
	if name, ok := scalarNames[t]; ok {
		return name
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "list"
	case reflect.Map, reflect.Struct:
		return "mapping"
	}
	return "text"
}
