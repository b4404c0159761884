package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// folder is what one instance leaves on disk.
type folder string

func (f folder) path(name string) string { return filepath.Join(string(f), name) }
func (f folder) work() string            { return f.path("work") }
func (f folder) scratch() string         { return f.path("scratch") }
func (f folder) log(stream string) string {
	return f.path(stream + ".log")
}

// order is what a keeper runs. The records beside it belong to it only if they name its try.
type order struct {
	ID      string         `json:"id"`
	Try     int            `json:"try"`
	Mark    string         `json:"mark"`             // if this file exists the id is stopped
	Path    string         `json:"path"`             // the executable
	Link    string         `json:"link,omitempty"`   // its name in the working directory, if it is the artifact's
	SHA256  string         `json:"sha256,omitempty"` // what it must hash to, if it is the artifact's
	Args    []string       `json:"args"`             // argv, the first word included
	Env     []string       `json:"env"`
	Dir     string         `json:"dir"`
	User    *account       `json:"user,omitempty"` // nil: the agent's own
	Ports   map[string]int `json:"ports,omitempty"`
	Files   int            `json:"files"`
	Pids    int            `json:"pids"`
	Memory  int64          `json:"memory,omitempty"`
	LogSize int64          `json:"logSize"` // at which a log is rotated
}

// running proves which processes are ours.
type running struct {
	Try      int              `json:"try"`
	Boot     string           `json:"boot"`
	Keeper   identity         `json:"keeper"`
	Main     identity         `json:"main"`
	At       time.Time        `json:"at"`
	Warnings []string         `json:"warnings,omitempty"`
	LogFrom  map[string]int64 `json:"logFrom"` // stream → where this try's output begins
}

// exit is how a try ended.
type exit struct {
	Try        int       `json:"try"`
	Code       int       `json:"code"` // -1: by a signal, or never started
	Signal     string    `json:"signal,omitempty"`
	OOM        bool      `json:"oom,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	NotStarted bool      `json:"notStarted,omitempty"`
	Unmendable bool      `json:"unmendable,omitempty"`
	Began      time.Time `json:"began"`
	Ended      time.Time `json:"ended"`
}

// look is the state of a folder at one instant.
type look struct {
	Order   *order
	Kept    bool // a keeper holds the lock
	Running *running
	Exit    *exit
}

// lost: it ran, its keeper is gone, and nobody wrote how it ended.
func (l look) lost() bool { return l.Running != nil && !l.Kept && l.Exit == nil }

// look reads the lock first: a keeper writes exit.json before it lets go, so "not kept and no exit" is final.
func (f folder) look() (look, error) {
	var l look
	o, err := readJSON[order](f.path("order.json"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errTorn) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	l.Order = o
	if l.Kept, err = f.kept(); err != nil {
		return l, err
	}
	if e, _ := readJSON[exit](f.path("exit.json")); e != nil && e.Try == o.Try {
		l.Exit = e
	}
	if r, _ := readJSON[running](f.path("running.json")); r != nil && r.Try == o.Try {
		l.Running = r
	}
	return l, nil
}

// lock belongs to the open file, so it ends with the keeper however that ends. It is not inherited: the file closes on exec.
func (f folder) lock() (*os.File, error) {
	file, err := os.OpenFile(f.path("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.FcntlFlock(file.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return file, nil
}

// kept asks for the lock without taking it: taking it could make a starting keeper give up.
func (f folder) kept() (bool, error) {
	file, err := os.OpenFile(f.path("lock"), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	l := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(file.Fd(), unix.F_OFD_GETLK, &l); err != nil {
		return false, fmt.Errorf("ask for lock %s: %w", file.Name(), err)
	}
	return l.Type != unix.F_UNLCK, nil
}

// errTorn: a power cut left half a file. Nothing survives one, so a torn record is no record.
var errTorn = errors.New("torn record")

func readJSON[T any](path string) (*T, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", path, errTorn, err)
	}
	return v, nil
}

// writeJSON replaces the file as a whole: a reader sees the old or the new one.
func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	next := path + ".tmp"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
