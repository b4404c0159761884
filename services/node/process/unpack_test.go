package process

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

func TestAnArchiveIsUnpackedAndRun(t *testing.T) {
	script := "#!/bin/sh\ncat data/words lib/again; echo own > data/own && echo wrote\n"
	b := packed(t, true,
		tar.Header{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		file("bin/run", script, 0o755),
		file("data/words", "words of the archive\n", 0o600),
		tar.Header{Name: "lib/again", Typeflag: tar.TypeSymlink, Linkname: "../data/words"},
		tar.Header{Name: "bin/hard", Typeflag: tar.TypeLink, Linkname: "bin/run"},
	)
	d, a := fetched(t, "app.tar.gz", b)
	ends := watch(t, d)
	for id, word := range map[string]string{"app-1-a1": "bin/run", "app-1-a2": "./bin/hard"} {
		s := spec(id)
		s.Artifact, s.Command = a, []string{word}
		start(t, d, s)
		e := next(t, ends, 5*time.Second)
		if got := strings.Join(e.Tail, "|"); e.Code != 0 || got != "words of the archive|words of the archive|wrote" {
			t.Fatalf("%s ended: %+v", word, e)
		}
	}
	if _, err := os.Stat(filepath.Join(d.Store.home(a.SHA256), "tree", "data", "own")); err == nil {
		t.Fatal("an instance wrote into the store")
	}
	t.Run("a declared file stands in for the archive's, in every try", func(t *testing.T) {
		s := spec("app-1-a4")
		s.Artifact, s.Command = a, []string{"bin/run"}
		s.Files = []driver.File{{Path: "data/words", Content: "declared\n"}}
		for s.Try = 1; s.Try <= 2; s.Try++ {
			start(t, d, s)
			if got := strings.Join(next(t, ends, 5*time.Second).Tail, "|"); got != "declared|words of the archive|wrote" {
				t.Fatalf("try %d printed %s", s.Try, got)
			}
		}
	})
	s := spec("app-1-a3")
	s.Artifact, s.Command = a, []string{"bin/none"}
	if _, err := d.Start(t.Context(), s); !driver.IsFinal(err) {
		t.Fatalf("a command that is not in the archive: %v", err)
	}
}

func TestAnArchiveThatLeavesItsRootIsRefused(t *testing.T) {
	outside := t.TempDir()
	link := func(name, to string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to}
	}
	for name, entries := range map[string][]any{
		"a path up":             {file("../evil", "x", 0o644)},
		"an absolute path":      {file(outside+"/evil", "x", 0o644)},
		"a link up":             {link("up", "../../..")},
		"an absolute link":      {link("etc", "/etc")},
		"a link to nowhere":     {link("later", "not-yet")},
		"a file through a link": {link("out", outside), file("out/evil", "x", 0o644)},
		"a link through a link": {tar.Header{Name: "a/b/", Typeflag: tar.TypeDir, Mode: 0o755}, link("a/b/x", "../.."), link("a/b/y", "x/..")},
		"a hard link out":       {tar.Header{Name: "h", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}},
		"a device":              {tar.Header{Name: "d", Typeflag: tar.TypeChar}},
		"the same file twice":   {file("a", "1", 0o644), file("a", "2", 0o644)},
		"a promise of too much": {tar.Header{Name: "big", Typeflag: tar.TypeReg, Size: unpackedMax + 1}},
		"no archive at all":     {"these are no bytes of an archive, but enough of them to fill a block" + strings.Repeat(".", 600)},
	} {
		t.Run(name, func(t *testing.T) {
			var b []byte
			if text, ok := entries[0].(string); ok {
				b = []byte(text)
			} else {
				b = packed(t, false, entries...)
			}
			a, source := artifact("app.tar", b)
			d, err := New(Config{Data: t.TempDir(), Source: source})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Store.Prune(nil) })
			if err := d.Fetch(t.Context(), a); err == nil {
				t.Fatal("unpacked")
			}
			if left, _ := os.ReadDir(outside); len(left) > 0 {
				t.Fatalf("written outside: %v", left)
			}
			if _, err := d.Store.open(a); err == nil {
				t.Fatal("the store vouches for it")
			}
		})
	}
}

type entry struct {
	tar.Header
	body string
}

func file(name, body string, mode int64) entry {
	return entry{tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: mode, Size: int64(len(body))}, body}
}

func packed(t *testing.T, zip bool, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	var out io.WriteCloser = struct {
		io.Writer
		io.Closer
	}{&b, io.NopCloser(nil)}
	if zip {
		out = gzip.NewWriter(&b)
	}
	w := tar.NewWriter(out)
	for _, e := range entries {
		var body string
		h, plain := e.(tar.Header)
		if !plain {
			h, body = e.(entry).Header, e.(entry).body
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, body)
	}
	w.Flush() // not Close: one archive here promises more than it holds
	out.Close()
	return b.Bytes()
}
