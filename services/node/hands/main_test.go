package hands

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
	"slipway.dev/services/node/process"
)

// The test binary is the keeper and the workload too, told apart by its first argument.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "keep":
			os.Exit(process.Keep(os.Args[2:]))
		case "workload":
			workload()
		case "fail":
			fmt.Println("no database")
			os.Exit(3)
		}
	}
	os.Exit(m.Run())
}

// workload serves its health page until it is asked to end.
func workload() {
	fmt.Println("hello from", os.Getenv("SLIPWAY_INSTANCE"))
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	go func() { <-end; fmt.Println("goodbye"); os.Exit(0) }()
	http.HandleFunc("/up", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, os.Getpid()) })
	fmt.Println(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
	os.Exit(1)
}

// memory is a bus in memory.
type memory struct {
	mu     sync.Mutex
	log    script.Log
	more   chan struct{} // closed at each append
	lines  []string
	leases []events.LeaseBody
}

func newMemory() *memory { return &memory{more: make(chan struct{})} }

func (m *memory) Append(ctx context.Context, guard string, expected uint64, es []events.Event) (service.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.log.Append(ctx, guard, expected, es)
	close(m.more)
	m.more = make(chan struct{})
	return r, err
}

func (m *memory) after(n int) (es []events.Event, more <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.log.Events()[n:]), m.more
}

func (m *memory) Read(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	read, caught := int(after.Seq), false
	for {
		es, more := m.after(read)
		read += len(es)
		for _, e := range es {
			if !slices.ContainsFunc(filters, func(f string) bool { return under(f, e.StreamSubject()) }) {
				continue
			}
			body, err := events.Encode(e)
			if err == nil {
				err = r.Deliver(service.Message{Subject: e.StreamSubject(), Pos: e.Pos, Stored: e.Stored, Body: body})
			}
			if err != nil {
				return err
			}
		}
		if !caught {
			caught = true
			r.CaughtUp()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-more:
		}
	}
}

func under(filter, subject string) bool {
	want, got := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, w := range want {
		switch {
		case w == ">":
			return len(got) > i
		case i >= len(got) || w != "*" && w != got[i]:
			return false
		}
	}
	return len(want) == len(got)
}

func (m *memory) Wishes(ctx context.Context, _ events.Position, _ []string, r service.Reader) error {
	r.CaughtUp()
	<-ctx.Done()
	return ctx.Err()
}
func (m *memory) Measured(ctx context.Context, _ []string, _ service.Reader) error {
	<-ctx.Done()
	return ctx.Err()
}

func (m *memory) Leases(ctx context.Context, _ []string, _ service.Reader) error {
	<-ctx.Done()
	return ctx.Err()
}

func (m *memory) Lease(_ string, body events.LeaseBody) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leases = append(m.leases, body)
}

func (m *memory) Dead(_ context.Context, _ string, msg service.Message, verdict, why string) error {
	return fmt.Errorf("%s: %s: %s", msg.Subject, verdict, why)
}

func (m *memory) PublishLog(_, _ string, batch bus.LogBatch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range batch.Lines {
		m.lines = append(m.lines, l.Instance+": "+l.Line)
	}
	return nil
}

func (m *memory) shipped() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// tell lets somebody else say a fact.
func (m *memory) tell(t *testing.T, data events.Payload) {
	t.Helper()
	kind, about := events.KindOf(data), data.About()
	guard := events.Guard(kind.Owner, about.App, about.Place)
	m.mu.Lock()
	seq, ordinal := m.log.Tail(guard)
	m.mu.Unlock()
	id := events.ID(guard, ordinal+1)
	_, err := m.Append(t.Context(), guard, seq, []events.Event{{
		ID: id, Source: events.Source(kind.Owner, about.Place), Kind: kind, App: about.App, Place: about.Place, Subject: about.Subject,
		Time: time.Now().UTC(), Correlation: id, Actor: events.Actor(kind.Owner, about.Place), Ordinal: ordinal + 1, Data: data,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// said is what the node said, in order.
func (m *memory) said() (names []string) {
	es, _ := m.after(0)
	for _, e := range es {
		if e.Kind.Owner == "node" {
			names = append(names, e.Kind.Name())
		}
	}
	return names
}

// await returns the first fact of its type that ok accepts, waiting for it up to twenty seconds.
func await[P events.Payload](t *testing.T, m *memory, ok func(P) bool) P {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for read := 0; ; {
		es, more := m.after(read)
		read += len(es)
		for _, e := range es {
			if p, is := e.Data.(P); is && ok(p) {
				return p
			}
		}
		select {
		case <-more:
		case <-deadline:
			var none P
			t.Fatalf("no such %s; said: %v", events.KindOf(none).Name(), m.said())
		}
	}
}

// first accepts the first there is.
func first[P events.Payload](P) bool { return true }

// agent is one start of a node's agent.
type agent struct {
	hands *Hands
	end   func() // as when the process is told to end: the workloads run on
}

func startAgent(t *testing.T, m *memory, dir string, takeAlong bool) agent {
	t.Helper()
	return startWith(t, m, dir, takeAlong, func(d driver.Driver) driver.Driver { return d })
}

// startWith puts something between the hands and their driver.
func startWith(t *testing.T, m *memory, dir string, takeAlong bool, between func(driver.Driver) driver.Driver) agent {
	t.Helper()
	d, err := process.New(process.Config{Data: filepath.Join(dir, "data")})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{Node: "n1", Driver: between(d), Folder: filepath.Join(dir, "checks"), Lease: m.Lease, Logs: m, Every: 50 * time.Millisecond, Breaker: d, Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	svc := node.Service(node.Config{Name: "n1", Address: "127.0.0.1", TakeAlong: takeAlong}, h)
	go func() { done <- service.Run(ctx, svc, m, service.Options{Logger: zerolog.Nop()}) }()
	var once sync.Once
	a := agent{hands: h, end: func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}}
	t.Cleanup(func() {
		a.end()
		all, _ := d.List(context.Background())
		for _, f := range all {
			if _, err := d.Stop(context.Background(), f.ID, driver.Stop{}); err != nil {
				t.Error(err)
			}
		}
	})
	return a
}

func spec(word string) events.Spec {
	return events.Spec{
		Version: "1", Driver: "process", Command: []string{"slipway", word},
		Ports: map[string]events.SpecPort{"http": {Protocol: "http"}},
		Health: events.Health{
			Ready:     events.HealthCheck{Kind: events.CheckHTTP, Path: "/up", IntervalMs: 100, TimeoutMs: 2000, Rise: 2, Fall: 3},
			StartupMs: 20_000,
		},
		Stop:    events.StopPolicy{DrainMs: 15_000, Signal: "TERM", GraceMs: 10_000},
		Restart: events.RestartPolicy{When: events.RestartAlways, BackoffMinMs: 100, BackoffMaxMs: 1000, GiveUpFailures: 3, GiveUpWithinMs: 600_000},
	}
}

func of(id string) events.OfInstance {
	return events.OfInstance{App: "web", Node: "n1", Instance: id}
}

// place plans release 7 of web and places one instance of it.
func place(t *testing.T, m *memory, id, word string) {
	t.Helper()
	m.tell(t, events.ReleasePlanned{OfRelease: events.OfRelease{App: "web", Release: 7}, SpecHash: "s7", Spec: spec(word)})
	m.tell(t, events.PlacementPlaced{OfInstance: of(id), Release: 7, SpecHash: "s7", Role: events.RoleService})
}
