package gateway

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"testing"
	"time"
)

// roleVariable makes this program a contender: its name, and at which address.
const (
	roleVariable    = "SLIPWAY_MEASURE_ROLE"
	addressVariable = "SLIPWAY_MEASURE_ADDRESS"
	backendVariable = "SLIPWAY_MEASURE_BACKEND"

	// profileVariable names a file for a profile of a role's processor time; set by hand.
	profileVariable = "SLIPWAY_MEASURE_PROFILE"
)

// roles are the contenders that this program plays itself.
var roles = map[string]func(address, backend string) error{"ours": serveOurs, "reverseproxy": serveReverse}

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if file := os.Getenv(profileVariable); file != "" {
		profile(file + "." + role)
	}
	if err := roles[role](os.Getenv(addressVariable), os.Getenv(backendVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// profile writes what the first seconds under load cost.
func profile(file string) {
	f, err := os.Create(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	time.AfterFunc(profiled, func() {
		pprof.StopCPUProfile()
		f.Close()
	})
}

const profiled = 10 * time.Second

// Cores: the contender alone, and all else.
const (
	contenderCore = "0"
	otherCore     = "1"
)

// apart puts backend and load on their core until the benchmark ends.
func apart(b *testing.B) {
	b.Helper()
	if runtime.NumCPU() < 2 {
		b.Skip("one core: a proxy cannot be measured apart from its load")
	}
	if _, err := exec.LookPath("taskset"); err != nil {
		b.Skip("no taskset")
	}
	pin(b, otherCore)
	b.Cleanup(func() { pin(b, "0-"+strconv.Itoa(runtime.NumCPU()-1)) })
}

// pin puts all threads of this process on some cores.
func pin(b *testing.B, cores string) {
	if out, err := exec.Command("taskset", "-a", "-c", "-p", cores, strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil {
		b.Fatalf("taskset: %v: %s", err, out)
	}
}

func must(b *testing.B, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}
