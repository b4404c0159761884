package example

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"slipway.dev/pkg/wait"
)

// Config is how the workload behaves. A zero Config is well.
type Config struct {
	Port       string // empty: any
	Version    string // empty: v1
	FailRatio  float64
	Delay      time.Duration
	StartDelay time.Duration
	ExitAfter  time.Duration // 0: never
	Ledger     string        // file to which it adds a line for each request: its id and the instance; empty: none
	Call       string        // URL of an app whose answers it passes on; empty: none
	Out        io.Writer
}

// drainMax bounds the end; the platform kills after its own grace anyway.
const drainMax = 10 * time.Second

// ErrExit is the end that --exit-after asked for.
var ErrExit = errors.New("exit: asked for with --exit-after")

// HTTP serves until ctx ends or ExitAfter has passed.
func (c Config) HTTP(ctx context.Context) error {
	if !wait.For(ctx, c.StartDelay) {
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", orZero(c.Port)))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(c.Out, "%s listens on %s\n", c.version(), l.Addr())
	server := &http.Server{Handler: c.recorded(c.Handler()), IdleTimeout: 2 * time.Minute, Protocols: protocols()}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	err = c.until(ctx, served)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainMax)
	defer cancel()
	return errors.Join(err, server.Shutdown(end))
}

// Worker does nothing until ctx ends or ExitAfter has passed.
func (c Config) Worker(ctx context.Context) error {
	if !wait.For(ctx, c.StartDelay) {
		return nil
	}
	fmt.Fprintf(c.Out, "%s works\n", c.version())
	return c.until(ctx, nil)
}

func (c Config) until(ctx context.Context, served <-chan error) error {
	var exit <-chan time.Time
	if c.ExitAfter > 0 {
		exit = time.After(c.ExitAfter)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-served:
		return err
	case <-exit:
		return ErrExit
	}
}

// Handler answers as the workload does.
func (c Config) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/ws", c.echo)
	if c.Call != "" {
		mux.Handle("/", c.call())
		return mux
	}
	var n atomic.Int64
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if isGRPC(r) {
			wait.For(r.Context(), c.Delay)
			echoGRPC(w, r)
			return
		}
		io.Copy(io.Discard, r.Body)
		wait.For(r.Context(), c.Delay)
		w.Header().Set("Slipway-Example", c.version())
		if c.fails(n.Add(1)) {
			http.Error(w, c.version()+" fails", http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "%s pid %d\n", c.version(), os.Getpid())
	})
	return mux
}

// fails spreads failures evenly: no run of requests has more than its share.
func (c Config) fails(n int64) bool {
	return math.Floor(float64(n)*c.FailRatio) != math.Floor(float64(n-1)*c.FailRatio)
}

// echo answers each message with the same one.
func (c Config) echo(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	for {
		kind, b, err := ws.Read(r.Context())
		if err != nil || ws.Write(r.Context(), kind, b) != nil {
			return
		}
	}
}

func (c Config) version() string {
	if c.Version == "" {
		return "v1"
	}
	return c.Version
}

func orZero(port string) string {
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "0"
	}
	return port
}
