package hands

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
)

// Logs takes the output of an app's instances on a node; it does not wait.
type Logs interface {
	PublishLog(app, node string, batch bus.LogBatch) error
}

// Config is what hands work with.
type Config struct {
	Node    string // its name
	Driver  driver.Driver
	Folder  string                                      // of what must outlive the agent; made if it is not there
	Lease   func(subject string, body events.LeaseBody) // says that the node is alive, without waiting
	Logs    Logs                                        // nil: output stays in its files
	Every   time.Duration                               // between two leases; 0: events.LeaseEvery
	Version string                                      // of the agent
	Logger  zerolog.Logger

	Breaker driver.Breaker // of drills; nil: none is obeyed
	Meter   driver.Meter   // what instances use; nil: it is not told
	Hearsay ship.Bus       // takes what they use
	Die     func()         // ends this process as kill -9 does; nil: that
}

const (
	listEvery = 500 * time.Millisecond
	tryEvery  = time.Second // a driver that failed is asked again
)

// Hands do the acts of one node.
type Hands struct {
	config Config
	driver driver.Driver
	probes probes
	told   *teller
	gone   chan struct{}
	once   sync.Once

	mu   sync.Mutex
	tell func(service.Signal) // where senses go; set by Watch
}

var _ service.Driver = (*Hands)(nil)

// New makes hands and their folder.
func New(c Config) (*Hands, error) {
	if c.Every == 0 {
		c.Every = events.LeaseEvery
	}
	if c.Die == nil {
		c.Die = die
	}
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of checks: %w", err)
	}
	return &Hands{config: c, driver: c.Driver, probes: probes(c.Folder), told: newTeller(c), gone: make(chan struct{})}, nil
}

// Watch tells the boot, the first listing and one check of each instance found; then ends and listings, until ctx ends.
func (h *Hands) Watch(ctx context.Context, sense func(service.Signal), ready func()) error {
	h.mu.Lock()
	h.tell = sense
	h.mu.Unlock()
	h.sense(h.boot())
	first, err := h.list(ctx)
	if err != nil {
		return err
	}
	h.sense(node.Listed{First: true, Found: first})
	h.thaw(first)
	h.look(ctx, first)
	ready()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer h.told.start(ctx)()
	ended := make(chan error, 1)
	go func() { ended <- h.driver.Watch(ctx, func(e driver.Ended) { h.sense(told(e)) }) }()
	tick := time.NewTicker(listEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("watch %s: %w", h.driver.Name(), err)
		case <-tick.C:
		}
		found, err := h.list(ctx)
		if err != nil {
			<-ended
			return err
		}
		h.sense(node.Listed{Found: found})
	}
}

// Leave asks the decider to let the agent go, and returns when it may: its workloads have been taken along, where they are
// to be. It returns ctx's error if that takes too long. Before Watch it returns at once.
func (h *Hands) Leave(ctx context.Context) error {
	h.mu.Lock()
	began := h.tell != nil
	h.mu.Unlock()
	if !began {
		return nil
	}
	h.sense(node.Leave{})
	select {
	case <-h.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("leave node %s: %w", h.config.Node, ctx.Err())
	}
}

func (h *Hands) sense(data any) {
	h.mu.Lock()
	tell := h.tell
	h.mu.Unlock()
	tell(service.Signal{Data: data})
}

func (h *Hands) boot() node.Boot {
	return node.Boot{
		Nonce: rand.Text(), FirstPort: node.PortOf(h.config.Folder), Arch: runtime.GOARCH, Os: runtime.GOOS, Version: h.config.Version, Pid: os.Getpid(),
		Drivers: []string{h.driver.Name()}, Isolation: []string{h.driver.Isolation()},
		CPUMilli: int64(runtime.NumCPU()) * 1000, MemoryBytes: memoryBytes(),
	}
}

// list asks until the driver answers or ctx ends.
func (h *Hands) list(ctx context.Context) (all []node.Found, err error) {
	err = h.until(ctx, "list instances", func() error {
		found, err := h.driver.List(ctx)
		if err != nil {
			return err
		}
		for _, f := range found {
			all = append(all, shown(f))
		}
		return nil
	})
	return all, err
}

// until tries again each second until do succeeds or ctx ends; its error is ctx's.
func (h *Hands) until(ctx context.Context, what string, do func() error) error {
	for {
		err := do()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return nil
		}
		h.config.Logger.Warn().Err(err).Str("node", h.config.Node).Msg(what)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tryEvery):
		}
	}
}

func shown(f driver.Found) node.Found {
	x := node.Found{ID: f.ID, Try: f.Try, Pid: f.PID, Running: f.State == driver.StateRunning}
	if f.Ended != nil {
		e := told(*f.Ended)
		x.Ended = &e
	}
	return x
}

func told(e driver.Ended) node.Ended {
	return node.Ended{ID: e.ID, Try: e.Try, Code: e.Code, Signal: e.Signal, Oom: e.Oom, Reason: e.Reason, Tail: e.Tail}
}

// reason is a failure in the words an event gets.
func reason(err error) string {
	var f *driver.Fault
	if errors.As(err, &f) && f.Err == nil {
		return f.Reason
	}
	return err.Error()
}
