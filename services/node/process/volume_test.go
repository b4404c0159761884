package process

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

// withVolumes is an instance that writes to a volume that stays and to a scratch one.
func withVolumes(id string, words ...string) driver.Spec {
	s := spec(id, words...)
	s.Volumes = []driver.Volume{{Name: "data", Path: "var/data"}, {Name: "tmp", Path: "var/tmp", Scratch: true}}
	return s
}

func TestAVolumeSurvivesAReplacementAndAScratchOneDoesNot(t *testing.T) {
	d := fresh(t)
	old := withVolumes("web-7-a1", "write=var/data/kept", "write=var/tmp/lost", "wait")
	pid := start(t, d, old).PID
	kept := filepath.Join(d.config.Data, "volumes/web/data/kept")
	written(t, kept)
	written(t, d.folder(old.ID).path("scratch/tmp/lost"))
	if _, err := d.Stop(t.Context(), old.ID, driver.Stop{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(d.folder(old.ID).scratch()); !os.IsNotExist(err) {
		t.Errorf("the scratch volume outlives its instance's stop: %v", err)
	}
	if err := d.Remove(t.Context(), old.ID); err != nil {
		t.Fatal(err)
	}
	ends := watch(t, d)
	start(t, d, withVolumes("web-8-a1", "cat=var/data/kept", "cat=var/tmp/lost", "exit=0"))
	e := next(t, ends, 10*time.Second)
	if got := strings.TrimSpace(strings.Join(e.Tail, " ")); e.Code != 0 || got != strconv.Itoa(pid) {
		t.Fatalf("the replacement read %q and ended %+v; want %d of the volume that stays and nothing else", got, e, pid)
	}
}

func TestAScratchVolumeLastsAsLongAsItsInstance(t *testing.T) {
	d := fresh(t)
	ends := watch(t, d)
	s := withVolumes("web-7-a1", "write=var/tmp/mine", "exit=1")
	start(t, d, s)
	next(t, ends, 10*time.Second)
	s.Try, s.Command = 2, append(s.Command[:2:2], "cat=var/tmp/mine", "exit=0")
	start(t, d, s)
	if e := next(t, ends, 10*time.Second); e.Code != 0 || len(strings.TrimSpace(strings.Join(e.Tail, ""))) == 0 {
		t.Fatalf("the second try finds nothing of the first: %+v", e)
	}
}

func TestWhereAVolumeCannotLieItIsRefused(t *testing.T) {
	d := fresh(t)
	for what, change := range map[string]func(*driver.Spec){
		"path outside":   func(s *driver.Spec) { s.Volumes[0].Path = "../../data" },
		"absolute path":  func(s *driver.Spec) { s.Volumes[0].Path = "/var/data" },
		"the workdir":    func(s *driver.Spec) { s.Volumes[0].Path = "." },
		"name as a path": func(s *driver.Spec) { s.Volumes[0].Name = "../../etc" },
		"app as a path":  func(s *driver.Spec) { s.App = ".." },
		"path taken":     func(s *driver.Spec) { s.Volumes[1].Path = "var/data" },
	} {
		s := withVolumes("web-7-a1", "wait")
		change(&s)
		var fault *driver.Fault
		if _, err := d.Start(t.Context(), s); !errors.As(err, &fault) || !fault.Unmendable {
			t.Errorf("%s: %v", what, err)
		}
	}
}
