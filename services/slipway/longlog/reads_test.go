package longlog_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/longlog"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// readWithin is what a verb that reads may take on a million events.
const readWithin = time.Second

// measureWithin is what measuring the guarantees over 100 000 events may take.
const measureWithin = 2 * time.Second

// patience is for whoever reads the whole of it.
const patience = 5 * time.Minute

// reader is a bus on a long log, with the deployer's snapshot, and the command line.
type reader struct {
	*e2e.Plane
	t testing.TB
	n int
}

func newReader(t testing.TB, events int) *reader {
	t.Helper()
	data, n := written(t, longlog.Options{Events: events, Apps: events / 1000, Nodes: 4})
	r := &reader{Plane: e2e.New(t), t: t, n: n}
	at := freePort(t)
	r.NATS = "nats://" + at
	r.Add("bus", "run", "bus", "--nats", at, "--data", data, "--profile", "dev", "--log-level", "info").Start()
	r.does("context", "save", "dev", "--nats", r.NATS)
	return r
}

// snapshot lets a deployer read the log and stop: it leaves one behind.
func (r *reader) snapshot() {
	r.t.Helper()
	p := r.Add("deployer", "run", "deployer", "--nats", r.NATS, "--data", filepath.Join(r.Dir, "deployer"), "--default-domain", "localhost", "--log-level", "info")
	p.Launch()
	e2e.Await(r.t, patience, "the deployer to have read the log", func() bool {
		_, err := os.Stat(filepath.Join(r.Dir, "deployer.ready"))
		return err == nil
	})
	if code, _ := p.Stop(); code != 0 {
		r.t.Fatalf("deployer ended with %d", code)
	}
}

func (r *reader) does(args ...string) e2e.Result {
	r.t.Helper()
	x := r.Slipway(args...)
	if x.Code != 0 {
		r.t.Fatalf("slipway %v: code %d %s", args, x.Code, x.Stderr)
	}
	return x
}

// reads are the verbs that are measured, each with an app in the middle.
func reads(app string) [][]string {
	return [][]string{
		{"status"}, {"status", app}, {"ps"}, {"ps", app, "--all"}, {"nodes"}, {"history", app}, {"why", app}, {"state", "app/" + app},
	}
}

// answer is a document without the moment it was asked.
func (r *reader) answer(args ...string) (d map[string]any, took time.Duration) {
	r.t.Helper()
	x := r.does(append(args, "-o", "json", "--timeout", patience.String())...)
	if err := json.Unmarshal([]byte(x.Stdout), &d); err != nil {
		r.t.Fatal(err)
	}
	delete(d, "time")
	return d, x.Took
}

// TestReadsOfALongLog: each verb answers within five times its bound for ten times as
// many events, and tells from a snapshot what it tells without.
func TestReadsOfALongLog(t *testing.T) {
	r := newReader(t, e2e.Count(1_000_000))
	was := map[int]map[string]any{}
	for i, verb := range reads("app1") {
		was[i], _ = r.answer(verb...)
	}
	r.snapshot()
	for i, verb := range reads("app1") {
		is, took := r.answer(verb...)
		t.Logf("slipway %v: %s on %d events", verb, took.Round(time.Millisecond), r.n)
		if !reflect.DeepEqual(is, was[i]) {
			t.Errorf("slipway %v: from a snapshot\n%v\nwithout\n%v", verb, is, was[i])
		}
		if took > 5*readWithin {
			t.Errorf("slipway %v took %s, want at most %s", verb, took, 5*readWithin)
		}
	}
	measured := r.Slipway("guarantees", "-o", "json", "--timeout", patience.String())
	t.Logf("slipway guarantees: %s", measured.Took.Round(time.Millisecond))
	if measured.Code != 0 && measured.Code != 8 || measured.Took > 5*measureWithin { // a log that was written at once is no promise kept
		t.Errorf("slipway guarantees: code %d after %s, want at most %s\n%s", measured.Code, measured.Took, 5*measureWithin, measured.Stderr)
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
