package backup

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func unseen(string, int64) {}

func started(t *testing.T, folder string) *bus.Bus { return connected(t, serve(t, folder)) }

func serve(t *testing.T, folder string) *bus.Server {
	t.Helper()
	s, err := bus.StartServer(bus.ServerOptions{StoreDir: folder, DontListen: true, NoSync: true, MaxStore: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

// connected makes the streams that are missing.
func connected(t *testing.T, s *bus.Server) *bus.Bus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), openWait)
	defer cancel()
	b, err := bus.Connect(ctx, bus.Identity{Name: "test", Server: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if _, err := b.Ensure(t.Context(), bus.Profile{Name: "dev"}); err != nil {
		t.Fatal(err)
	}
	return b
}

// cluster is a small one: founded, with a fact, a wish that waits and an artifact.
func cluster(t *testing.T) *bus.Bus {
	t.Helper()
	return founded(t, started(t, t.TempDir()))
}

func founded(t *testing.T, b *bus.Bus) *bus.Bus {
	t.Helper()
	if _, err := b.Found(t.Context(), events.ClusterFounded{Cluster: "c1", Level: 1, Profile: "dev"}, noon); err != nil {
		t.Fatal(err)
	}
	more(t, b, 1, 30)
	if _, err := b.Wish(t.Context(), wish("w1")); err != nil {
		t.Fatal(err)
	}
	if err := b.PutObject(t.Context(), "artifact", strings.NewReader(strings.Repeat("bytes ", 50_000)), -1); err != nil {
		t.Fatal(err)
	}
	return b
}

// more are facts of the app web, from one ordinal to another.
func more(t *testing.T, b *bus.Bus, from, to uint64) {
	t.Helper()
	guard := events.Guard("deployer", "web", "")
	head, err := b.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expected := head.Seq
	if from == 1 {
		expected = 0
	}
	for n := from; n <= to; n++ {
		d := events.ReleasePaused{OfRelease: events.OfRelease{App: "web", Release: 1}, Cause: "manual"}
		r, err := b.Append(t.Context(), guard, expected, []events.Event{{
			ID: events.ID(guard, n), Source: "/slipway/deployer", Kind: events.KindOf(d), App: "web", Subject: d.About().Subject,
			Time: noon, Correlation: "c", Actor: "service:deployer", Ordinal: n, Data: d,
		}})
		if err != nil {
			t.Fatal(err)
		}
		expected = r.Last.Seq
	}
}

func wish(id string) events.Event {
	d := events.WishAppRetired{OfApp: events.OfApp{App: "web"}}
	return events.Event{
		ID: id, Source: "/slipway/cli", Kind: events.KindOf(d), App: "web", Subject: d.About().Subject,
		Time: noon, Correlation: id, Actor: "person:test", Data: d,
	}
}

func took(t *testing.T, b *bus.Bus) (string, Manifest) {
	t.Helper()
	path, m, err := tried(t.Context(), t, b)
	if err != nil {
		t.Fatal(err)
	}
	return path, m
}

func tried(ctx context.Context, t *testing.T, b *bus.Bus) (string, Manifest, error) {
	path := filepath.Join(t.TempDir(), "web.backup")
	m, err := Take(ctx, b, path, noon, unseen)
	return path, m, err
}

func opened(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path, unseen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestABackupMakesTheSameLogInANewEra(t *testing.T) {
	b := cluster(t)
	path, m := took(t, b)
	more(t, b, 31, 40) // lost
	if m.At != "1:31" || m.Cluster != "c1" || m.Events.Count != 31 || m.Events.Odd+m.Events.Unreadable != 0 {
		t.Errorf("%+v", m)
	}
	data := t.TempDir()
	made, err := opened(t, path).Restore(t.Context(), data, noon.Add(time.Hour), zerolog.Nop(), unseen)
	if err != nil || made.Position.String() != "2:32" {
		t.Fatalf("%+v, %v", made, err)
	}
	again := started(t, filepath.Join(data, "nats")) // Ensure takes the streams as they are
	path, m = took(t, again)
	f := opened(t, path)
	if m.At != "2:32" || f.Manifest.Events != m.Events || m.Parts[1].Era != 1 || m.Parts[1].Messages != 1 {
		t.Errorf("%+v", m)
	}
	if r, err := again.GetObject(t.Context(), "artifact"); err != nil {
		t.Error(err)
	} else if all, err := io.ReadAll(r); err != nil || len(all) != 300_000 {
		t.Errorf("%d bytes, %v", len(all), err)
	}
	if e, err := again.Founded(t.Context()); err != nil || e.Data.(events.ClusterFounded).Cluster != "c1" {
		t.Errorf("%+v, %v", e, err)
	}
	if at, err := again.Wish(t.Context(), wish("w2")); err != nil || at.String() != "1:2" {
		t.Errorf("the next wish is %s, %v", at, err)
	}
	if _, err := f.Restore(t.Context(), data, noon, zerolog.Nop(), unseen); !errors.Is(err, ErrTaken) {
		t.Errorf("over a log: %v", err)
	}
}

// Wherever a file was cut or a byte of it is another one, it is refused and nothing
// is made.
func TestATornOrAlteredFileIsRefused(t *testing.T) {
	path, _ := took(t, cluster(t))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	try := func(what, inPart string, bytes []byte) {
		t.Helper()
		if err := os.WriteFile(path, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path, unseen)
		var damaged *Damaged
		if !errors.As(err, &damaged) || damaged.Part != inPart {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			f.Close()
		}
	}
	for _, n := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
		try("cut", "", whole[:n])
	}
	for _, f := range z.File {
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		altered := append([]byte{}, whole...)
		altered[at+int64(f.UncompressedSize64)/2] ^= 1
		part := strings.TrimSuffix(f.Name, ".nats")
		if f.Name == manifestName {
			part = ""
		}
		try(f.Name, part, altered)
	}
}

// What is no empty place is refused: of a node or gateway too, which know another log.
func TestARestoreNeedsAnEmptyFolder(t *testing.T) {
	f := opened(t, first(took(t, cluster(t))))
	for _, name := range taken {
		data := t.TempDir()
		if err := os.MkdirAll(filepath.Join(data, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := Free(data); err != nil {
			t.Errorf("an empty %s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(data, name, "x"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Restore(t.Context(), data, noon, zerolog.Nop(), unseen); !errors.Is(err, ErrTaken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func first(path string, _ Manifest) string { return path }
