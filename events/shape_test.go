package events

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// goldenData are the payloads of the golden events, with the rows they are read by.
func goldenData(t testing.TB) (all []struct {
	row *Row
	raw []byte
}) {
	t.Helper()
	for name, body := range goldenFiles(t) {
		e, err := Scan(body)
		if err != nil {
			t.Fatal(name, err)
		}
		all = append(all, struct {
			row *Row
			raw []byte
		}{find(e.Kind), e.Raw})
	}
	return all
}

// byJSON reads a payload by encoding/json alone.
func byJSON(r *Row, raw []byte) (Payload, error) {
	v := reflect.New(r.Type)
	err := json.Unmarshal(raw, v.Interface())
	return v.Elem().Interface().(Payload), err
}

// TestShapesKnowEveryPayload: what this version writes is read without encoding/json,
// but for the values that read themselves.
func TestShapesKnowEveryPayload(t *testing.T) {
	for _, g := range goldenData(t) {
		c, v := cursor{b: g.raw}, reflect.New(g.row.Type).Elem()
		if !shapeOf(g.row.Type)(&c, v) || c.i != len(g.raw) {
			t.Errorf("%s is not read past byte %d of %s", g.row.Kind.Name(), c.i, g.raw)
		}
	}
}

// agreeOn tells whether a payload is read as encoding/json reads it.
func agreeOn(t *testing.T, r *Row, raw []byte) {
	t.Helper()
	got, err := r.decode(raw)
	want, wantErr := byJSON(r, raw)
	if !strings.HasPrefix(strings.TrimLeft(string(raw), " \t\r\n"), "{") {
		want, wantErr = nil, errNoObject
	}
	if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%s of %q\nreads %+v, %v\nand by encoding/json %+v, %v", r.Kind.Name(), raw, got, err, want, wantErr)
	}
}

// TestShapesReadAsEncodingJSON: every payload with something changed in it.
func TestShapesReadAsEncodingJSON(t *testing.T) {
	for _, g := range goldenData(t) {
		text := string(g.raw)
		for _, raw := range []string{
			text, " " + text + "\n", text + "x", text[:len(text)-1], "", "null", "[]", "{}",
			strings.Replace(text, `":"`, `":null,"x":"`, 1), // a null, and a name nobody knows
			strings.ReplaceAll(text, `":"`, `": "\u00e9\ud83d\ude00\n`),
			strings.ReplaceAll(text, `":"`, `":"\ud83d`), // a lone surrogate
			strings.ReplaceAll(text, `":"`, "\":\"\xff"),
			strings.ReplaceAll(text, `":"`, `":7,"x":"`),
			strings.ReplaceAll(text, "1", "1.0"),
			strings.ReplaceAll(text, "1", "99999999999999999999"),
			strings.ReplaceAll(text, "true", "false"),
			strings.ReplaceAll(text, "[", "[[]"),
			strings.ReplaceAll(text, `["`, `[null,"`),
			strings.ToUpper(text),
			strings.Replace(text, "{", strings.TrimSuffix(text, "}")+",", 1), // every name twice
		} {
			agreeOn(t, g.row, []byte(raw))
		}
	}
}

func FuzzDecode(f *testing.F) {
	rows := map[string]*Row{}
	for _, g := range goldenData(f) {
		rows[g.row.Kind.Type()] = g.row
		f.Add(g.row.Kind.Type(), []byte(g.raw))
	}
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		if r := rows[name]; r != nil {
			agreeOn(t, r, raw)
		}
	})
}

// BenchmarkDecode: the data of golden events, one after the other, by their shapes and
// by encoding/json.
func BenchmarkDecode(b *testing.B) {
	all := goldenData(b)
	for _, side := range []struct {
		name string
		read func(r *Row, raw []byte) (Payload, error)
	}{
		{"shape", func(r *Row, raw []byte) (Payload, error) { return r.decode(raw) }},
		{"encoding-json", byJSON},
	} {
		b.Run(side.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				g := all[i%len(all)]
				if _, err := side.read(g.row, g.raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
