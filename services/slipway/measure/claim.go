package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// claim is a promise that tests count requests for.
type claim struct {
	row    int    // of docs/GUARANTEES.md
	what   string // in a reader's words
	folder string // of the tests, below the checkout
	tests  string // their names, as go test -run takes them
}

// claims are the tests whose printed lines are figures.
var claims = []claim{
	{3, "data path alone, GET, POST, WebSocket, HTTP/2, gRPC at once", "services/gateway/proxy", "^TestSwitchesUnderLoad$"},
	{3, "gateway on a log, each old instance stopped when its drained is read", "services/gateway/edge", "^TestSwitchesUnderLoad$"},
	{3, "the whole binary, a release replaced by the next", "services/slipway/e2e", "^TestAnAppIsDeployedAndReplacedWithoutALostRequest$"},
	{3, "the whole binary, switches by rolling and blue-green under GET, POST and WebSockets", "services/slipway/e2e", "^TestSwitchesLoseNothing$"},
	{3, "the whole binary, versions that never get ready", "services/slipway/e2e", "^TestAVersionThatNeverGetsReady$"},
	{9, "an endpoint killed under load", "services/gateway/proxy", "^TestKilledEndpointUnderLoad$"},
	{13, "instances killed with -9 under load", "services/slipway/e2e", "^TestKillAnInstance$"},
	{13, "control plane, bus, and both killed with -9 in mid-switch", "services/slipway/e2e", "^TestKillTheControlPlaneInMidSwitch$"},
	{13, "drills in one process: an instance killed and slow, a gateway cut off, a bad release", "services/slipway/cli", "^TestDrills$"},
	{13, "drills of processes: a service and a node killed with -9 under load", "services/slipway/cli", "^TestDrillsOfProcesses$"},
	{4, "a canary of a tenth that fails four requests of ten, under load", "services/slipway/cli", "^TestDrillOfACanary$"},
	{13, "a start on a long log, from the first event and from snapshots", "services/slipway/longlog", "^TestDevIsReadyOnALongLog$"},
	{13, "verbs that read, on a long log, from a snapshot or by app", "services/slipway/longlog", "^TestReadsOfALongLog$"},
	{13, "the server's memory while a log grows threefold", "services/slipway/longlog", "^TestServerMemoryFollowsTheFleet$"},
}

// finding is what became of a claim.
type finding struct {
	claim
	held  bool
	lines []string // as the tests printed them
}

// printed is a line of a test's own, as go test -v shows it.
var printed = regexp.MustCompile(`(?m)^\s+\w+\.go:\d+: (.+)$`)

// passed counts tests and subtests that ran to their end.
var passed = regexp.MustCompile(`(?m)^\s*--- PASS: `)

func (c claim) measure(root string) finding {
	out, err := goTest(root, c.folder, "-count=1", "-v", "-timeout=2h", "-run", c.tests, ".")
	f := finding{claim: c, held: err == nil && passed.MatchString(out)}
	for _, m := range printed.FindAllStringSubmatch(out, -1) {
		f.lines = append(f.lines, strings.TrimSpace(m[1]))
	}
	return f
}

// goTest runs go test in a folder. Its output is given with the error: a test that
// fails has printed why.
func goTest(root, folder string, args ...string) (string, error) {
	cmd := exec.Command("go", append([]string{"test"}, args...)...)
	cmd.Dir = filepath.Join(root, folder)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", fmt.Errorf("run go test in %s: %w", folder, err)
	}
	return string(out), err
}
