package process

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"slipway.dev/services/node/driver"
)

// Config says where the driver works and what it needs from outside.
type Config struct {
	Data   string   // its directory; no other driver may use it
	Source Fetcher  // where artifacts come from; nil: only what is there already
	Keeper []string // command in front of the instance's folder; default: this executable, "keep"
	Self   string   // what a bare command word `slipway` means; default: this executable
	User   string   // for workloads that name none; default: the agent's own
}

// Driver runs instances as processes. Make one with New; several calls may run at once.
type Driver struct {
	Store *Store

	config Config
	marks  marks

	mu   sync.Mutex
	busy map[string]*sync.Mutex // one act per id
	live map[string]int         // id → try that Watch waits for
	poke chan struct{}          // a keeper of ours ended
}

var _ driver.Driver = (*Driver)(nil)

// New makes the driver's directories. It starts nothing and adopts nothing; List does.
func New(c Config) (*Driver, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own executable: %w", err)
	}
	if c.Self == "" {
		c.Self = self
	}
	if len(c.Keeper) == 0 {
		c.Keeper = []string{self, "keep"}
	}
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		return nil, fmt.Errorf("find data directory: %w", err)
	}
	d := &Driver{
		Store:  &Store{Dir: filepath.Join(c.Data, "artifacts"), Source: c.Source},
		config: c,
		marks:  marks(filepath.Join(c.Data, "stopped")),
		busy:   map[string]*sync.Mutex{},
		live:   map[string]int{},
		poke:   make(chan struct{}, 1),
	}
	if err := passable(d.Store.Dir, d.instances(), string(d.marks)); err != nil {
		return nil, fmt.Errorf("make the driver's folders: %w", err)
	}
	return d, nil
}

// passable makes folders that a workload of another user passes on the way to its own and
// may not list, whatever the agent's umask: the unit of deployments/single has a strict one.
func passable(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o711); err != nil {
			return err
		}
	}
	return nil
}

// Name is "process".
func (d *Driver) Name() string { return "process" }

// Isolation is for node.joined and the plan.
func (d *Driver) Isolation() string {
	return "memory and pids sampled each second, cpu and volume sizes not limited, no namespaces"
}

func (d *Driver) instances() string { return filepath.Join(d.config.Data, "instances") }

func (d *Driver) folder(id string) folder { return folder(filepath.Join(d.instances(), id)) }

// hold makes the calls for one id wait for each other.
func (d *Driver) hold(id string) (release func()) {
	d.mu.Lock()
	m := d.busy[id]
	if m == nil {
		m = &sync.Mutex{}
		d.busy[id] = m
	}
	d.mu.Unlock()
	m.Lock()
	return m.Unlock
}

func (d *Driver) expect(id string, try int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live[id] = try
}

// unexpect reports whether that try was still expected.
func (d *Driver) unexpect(id string, try int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live[id] != try {
		return false
	}
	delete(d.live, id)
	return true
}

// idBytes bounds an id: app name (40), release and letter with ordinal, with room to spare; it has to fit a file name.
const idBytes = 128

// named refuses an id that could be a path.
func named(id string) error {
	if id == "" || len(id) > idBytes || id[0] == '.' {
		return &driver.Fault{Reason: fmt.Sprintf("instance id %q is not a name", id), Unmendable: true}
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return &driver.Fault{Reason: fmt.Sprintf("instance id %q is not a name", id), Unmendable: true}
		}
	}
	return nil
}
