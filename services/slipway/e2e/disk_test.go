package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway.dev/services/slipway/load"
)

// diskBytes is a small disk with room for a small store.
const diskBytes = "96m"

// A disk really gets full and has room again: nothing is decided meanwhile, requests
// flow, and the process goes on by itself.
func TestAFullDiskThatHasRoomAgain(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := New(t)
	disk := filepath.Join(p.Dir, "data")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("slipway", disk, "tmpfs", 0, "size="+diskBytes); err != nil {
		t.Skipf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		p.clean()
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p.startDev(options{flags: []string{"--store-max", largeStore}})
	p.Log = p.follow()
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 50})
	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	f := &filler{p: p}
	Await(t, 20*time.Second, "a write to fail", func() bool { return f.say(fillBytes) != nil })
	Await(t, 20*time.Second, "the process to notice", func() bool { return strings.Contains(p.Process("dev").Output(), "the disk is full") })
	if r := p.Slipway("doctor"); r.Code != 8 || !strings.Contains(r.Stdout, "write a probe") {
		t.Errorf("doctor on a full disk: code %d\n%s", r.Code, r.Stdout)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	Await(t, 20*time.Second, "the bus to be started anew", func() bool { return strings.Contains(p.Process("dev").Output(), "started anew") })
	p.MustDeploy(Example("web", "v2", "rolling", ""), 60*time.Second)
	Await(t, 10*time.Second, "v2 to answer", func() bool { return requests.Counts().Answers["v2"] > 0 })
	Lossless(t, requests.Stop())
}

// fill writes a file until its disk has no room.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	block := make([]byte, 1<<20)
	for err == nil {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}
