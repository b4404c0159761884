package process

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

func fetched(t *testing.T, name string, b []byte) (*Driver, driver.Artifact) {
	t.Helper()
	a, source := artifact(name, b)
	d, err := New(Config{Data: t.TempDir(), Source: source})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stopAll(t, d)
		d.Store.Prune(nil) // read-only directories: t.TempDir could not remove them
	})
	if err := d.Fetch(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return d, a
}

func TestAnArtifactIsFetchedVerifiedAndRun(t *testing.T) {
	strictUmask(t)
	d, a := fetched(t, "hello", ownBytes(t))
	info, err := os.Stat(d.Store.blob(a.SHA256))
	if err != nil || info.Mode().Perm() != 0o555 {
		t.Fatalf("blob: %v, %v", info, err)
	}
	d.Store.Source = nil // what is there is not fetched again
	if err := d.Fetch(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	s := spec("hello-1-a1")
	s.Artifact, s.Command = a, []string{"./hello", "workload", "say=from the artifact", "exit=5"}
	ends := watch(t, d)
	start(t, d, s)
	if e := next(t, ends, 5*time.Second); e.Code != 5 || !contains(e.Tail, "from the artifact") {
		t.Fatalf("ended: %+v", e)
	}
}

func TestWhatIsNotWhatItsDigestSaysIsFinal(t *testing.T) {
	good, _ := artifact("hello", []byte("hello"))
	for name, c := range map[string]struct {
		source Fetcher
		reason string
		final  bool
	}{
		"other bytes":      {sends("jello"), driver.ReasonDigestDiffers, true},
		"fewer":            {sends("hell"), driver.ReasonDigestDiffers, true},
		"more":             {sends("hello, world"), driver.ReasonDigestDiffers, true},
		"absent":           {fails(driver.ErrAbsent), driver.ReasonAbsent, true},
		"a passing error":  {fails(io.ErrUnexpectedEOF), "fetch artifact", false},
		"no source at all": {nil, driver.ReasonAbsent, true},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := New(Config{Data: t.TempDir(), Source: c.source})
			if err != nil {
				t.Fatal(err)
			}
			err = d.Fetch(t.Context(), good)
			var fault *driver.Fault
			if !errors.As(err, &fault) || fault.Reason != c.reason || driver.IsFinal(err) != c.final {
				t.Fatalf("got %v, final %v", err, driver.IsFinal(err))
			}
			if left, _ := os.ReadDir(d.Store.Dir); len(left) != 0 {
				t.Fatalf("left behind: %v", left)
			}
			s := spec("hello-1-a1")
			s.Artifact, s.Command = good, nil
			if _, err := d.Start(t.Context(), s); err == nil {
				t.Fatal("it was executed")
			}
		})
	}
}

func TestAnArtifactChangedOnDiskIsNotExecuted(t *testing.T) {
	d, a := fetched(t, "hello", ownBytes(t))
	blob := d.Store.blob(a.SHA256)
	b := ownBytes(t)
	b[len(b)-1] ^= 1
	if err := errors.Join(os.Remove(blob), os.WriteFile(blob, b, 0o555)); err != nil {
		t.Fatal(err)
	}
	s := spec("hello-1-a1")
	s.Artifact, s.Command = a, []string{"hello", "workload", "wait"}
	_, err := d.Start(t.Context(), s)
	var fault *driver.Fault
	if !errors.As(err, &fault) || fault.Reason != driver.ReasonDigestDiffers || !fault.Final() {
		t.Fatalf("got %v", err)
	}
}

func TestAScriptIsRunByItsName(t *testing.T) {
	d, a := fetched(t, "run.sh", []byte("#!/bin/sh\necho \"$0 $1\"; cat \"$(dirname \"$0\")/conf\"; exit 6\n"))
	s := spec("hello-1-a1")
	s.Artifact, s.Command = a, []string{"run.sh", "arg"}
	s.Files = []driver.File{{Path: "conf", Content: "beside it"}}
	ends := watch(t, d)
	start(t, d, s)
	e := next(t, ends, 5*time.Second)
	if e.Code != 6 || !contains(e.Tail, "/work/run.sh arg") || !contains(e.Tail, "beside it") {
		t.Fatalf("ended: %+v", e)
	}
}

func TestPruneKeepsWhatItIsTold(t *testing.T) {
	d, a := fetched(t, "app.tar", packed(t, false, file("dir/run", "x", 0o755)))
	if err := d.Store.Prune([]string{a.SHA256}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.open(a); err != nil {
		t.Fatal(err)
	}
	if err := d.Store.Prune(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.open(a); err == nil {
		t.Fatal("it is still there")
	}
}

func sends(s string) Fetcher {
	return func(context.Context, string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

func fails(err error) Fetcher {
	return func(context.Context, string) (io.ReadCloser, error) { return nil, err }
}
