package edge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/pkg/service"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

// What memory is judged by: the heap after a collection, in the first and in the last
// third of a run. A byte that each request left would be seen in an hour.
const (
	heapLooks = 30
	heapSlack = 1 << 20
	loadRate  = 1000 // requests a second beside the idle ones
)

// idleEnv makes this binary the idle clients: <address> <how many>. They have a process
// of their own, since each process may have so many descriptors.
const idleEnv = "SLIPWAY_TEST_IDLE"

// The gateway's memory is the same after an hour of load as in the beginning, with
// 10,000 connections open that ask once before they would be closed. SLIPWAY_SOAK=1 is
// the hour; another time may be given as SLIPWAY_SOAK=5m.
func TestMemoryIsFlatUnderIdleConnections(t *testing.T) {
	most, idle := 6*time.Second, 1000
	if soak := os.Getenv("SLIPWAY_SOAK"); soak != "" {
		most, idle = time.Hour, 10_000
		if d, err := time.ParseDuration(soak); err == nil {
			most = d
		}
	}
	p := &plane{memory: newMemory(t)}
	p.list(newBackend(t, 1))
	p.whole(1)
	g := runForgetful(t, p.memory)
	eventually(t, "both listeners", func() bool { return len(g.Addresses()) == 2 })
	url, crowded := "http://"+g.Addresses()[0].String(), g.Addresses()[1].String()
	ended := idlers(t, crowded, idle)
	ctx, end := context.WithTimeout(t.Context(), most)
	defer end()
	sent := make(chan int, 1)
	go func() { sent <- paced(ctx, t, url) }()
	heaps := heapUntil(ctx, t, most/heapLooks, ended)
	third := len(heaps) / 3
	first, last := median(heaps[:third]), median(heaps[len(heaps)-third:])
	t.Logf("%d idle connections, %d requests in %s: %d KiB of heap in the first third, %d KiB in the last", idle, <-sent, most, first>>10, last>>10)
	if last > first+heapSlack {
		t.Errorf("the heap grew from %d to %d bytes: %d", first, last, heaps)
	}
}

// runForgetful is a gateway with two listeners, whose samples and records nobody keeps.
func runForgetful(t *testing.T, bus *memory) *edgeOf {
	cfg := Config{Name: "gw1-a", Node: "n1", Listen: []string{"127.0.0.1:0", "127.0.0.1:0"}, Logger: zerolog.Nop(), Hearsay: forgetful{}}
	g := &edgeOf{Driver: New(cfg, bus), t: t, done: make(chan error, 1)}
	ctx, end := context.WithCancel(context.Background())
	g.end = end
	svc := gateway.Service(gateway.Config{Name: "gw1-a", Node: "n1", Addresses: cfg.Listen}, g.Driver)
	go func() {
		g.done <- service.Run(ctx, svc, bus, service.Options{Logger: zerolog.Nop(), Applied: g.Folded})
	}()
	t.Cleanup(g.kill)
	return g
}

// forgetful is a bus that takes hearsay and keeps none.
type forgetful struct{}

func (forgetful) Hearsay(_, _ string, _ []byte, done func(ship.Outcome)) bool {
	go done(ship.Kept)
	return true
}

// heapUntil looks at the heap until ctx ends, as often as every; the idle clients must
// live as long.
func heapUntil(ctx context.Context, t *testing.T, every time.Duration, idlersEnded <-chan error) (heaps []uint64) {
	t.Helper()
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return heaps
		case err := <-idlersEnded:
			t.Fatalf("the idle clients ended: %v", err)
		case <-look.C:
			var m runtime.MemStats
			runtime.GC()
			runtime.GC() // what was in a pool goes with the second
			runtime.ReadMemStats(&m)
			heaps = append(heaps, m.HeapAlloc)
		}
	}
}

func median(all []uint64) uint64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// paced asks at the load's rate, GET and POST in turn, until ctx ends.
func paced(ctx context.Context, t *testing.T, url string) (sent int) {
	c := &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer c.CloseIdleConnections()
	const burst = 10
	tick := time.NewTicker(burst * time.Second / loadRate)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return sent
		case <-tick.C:
		}
		for range burst {
			method := []string{http.MethodGet, http.MethodPost}[sent%2]
			sent++
			if status, body, _, err := ask(c, method, url); err != nil || status != 200 {
				t.Errorf("%s: %d %q %v", method, status, body, err)
				return sent
			}
		}
	}
}

// idlers are clients in another process. It returns when all have been answered once;
// the channel tells when they end.
func idlers(t *testing.T, address string, n int) <-chan error {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestIdleClients$", "-test.timeout=0")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", idleEnv, address, n))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "idle ") {
		t.Fatalf("the idle clients say %q, %v", line, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		in.Close() // then they go
		<-ended
	})
	return ended
}

// TestIdleClients is the process of the idle clients, and no test where it is not asked
// for: each connection asks once, and again before it is closed for being idle.
func TestIdleClients(t *testing.T) {
	address, count, asked := strings.Cut(os.Getenv(idleEnv), " ")
	if !asked {
		t.Skip("only as the clients of TestMemoryIsFlatUnderIdleConnections")
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		t.Fatal(err)
	}
	var all []net.Conn
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
		touch(t, c)
	}
	fmt.Printf("idle %d\n", n)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, os.Stdin)
	}()
	tick := time.NewTicker(proxy.ClientIdle * 2 / 3 / time.Duration(n))
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-gone:
			return
		case <-tick.C:
			touch(t, all[i%n])
		}
	}
}

func touch(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
}
