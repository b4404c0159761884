package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine is where the figures were made.
type machine struct {
	processor string // model as the kernel names it
	cores     int
	memory    string
	kernel    string
	golang    string
	commit    string // short, with a mark when files had changed
	load      string // how many wanted to run in the last 1, 5 and 15 minutes, before the measuring
}

const unknown = "unknown"

func thisMachine(root string) machine {
	m := machine{
		processor: field("/proc/cpuinfo", "model name"), cores: runtime.NumCPU(),
		memory: field("/proc/meminfo", "MemTotal"), kernel: strings.TrimSpace(content("/proc/sys/kernel/osrelease")),
		golang: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, commit: git(root, "rev-parse", "--short", "HEAD"),
		load: load(),
	}
	if m.commit != unknown && git(root, "status", "--porcelain") != "" {
		m.commit += " with uncommitted changes"
	}
	return m
}

// field is the first value of a key in a file of lines "key : value".
func field(path, key string) string {
	for line := range strings.Lines(content(path)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return unknown
}

// load tells what else the machine has to do.
func load() string {
	words := strings.Fields(content("/proc/loadavg"))
	if len(words) < 3 {
		return unknown
	}
	return strings.Join(words[:3], " ")
}

// content is a file's, or a word for its absence: no figure depends on it.
func content(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return unknown
	}
	return string(b)
}

func git(root string, args ...string) string {
	cmd := exec.Command("git", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(out))
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, Linux %s, %s", m.processor, m.cores, m.memory, m.kernel, m.golang)
}
