package proxy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// fileMagic begins the first line of a table file; the checksum of all that
// follows the line ends it.
const fileMagic = "slipway-table 1 "

// ErrTorn is a table file whose checksum does not hold.
var ErrTorn = errors.New("table file is torn")

// Saved says where a table file stood in the log.
type Saved struct {
	Position string    `json:"position"` // the caller's, not interpreted
	At       time.Time `json:"at"`
	Apps     []Desired `json:"apps"`
}

// Save writes what the table was built from, with its position in the log: a
// temporary file, synced, renamed over the old one. A crash leaves the one or
// the other.
func (p *Proxy) Save(path, position string) error {
	body, err := json.Marshal(p.saved(position))
	if err != nil {
		return fmt.Errorf("encode table: %w", err)
	}
	sum := sha256.Sum256(body)
	content := append([]byte(fileMagic+hex.EncodeToString(sum[:])+"\n"), body...)
	if err := replaceFile(path, content); err != nil {
		return fmt.Errorf("save table %s: %w", path, err)
	}
	return nil
}

// Load reads a table file and serves it at once, as stale; endpoints are
// connected to afterwards. ErrTorn or a missing file leave the table as it is.
func (p *Proxy) Load(ctx context.Context, path string) (Saved, error) {
	saved, err := readTable(path)
	if err != nil {
		return Saved{}, fmt.Errorf("load table %s: %w", path, err)
	}
	for _, want := range saved.Apps {
		want.Restored = true
		if _, err := p.Apply(ctx, want); err != nil {
			return saved, fmt.Errorf("restore %s: %w", want.Route.App, err)
		}
	}
	p.SetStale(saved.At)
	return saved, nil
}

func (p *Proxy) saved(position string) Saved {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Saved{Position: position, At: time.Now().UTC()}
	for _, d := range p.desks {
		if d.app != nil {
			s.Apps = append(s.Apps, d.want)
		}
	}
	slices.SortFunc(s.Apps, func(a, b Desired) int { return strings.Compare(a.Route.App, b.Route.App) })
	return s
}

func readTable(path string) (s Saved, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Saved{}, err
	}
	first, body, _ := bytes.Cut(content, []byte("\n"))
	sum := sha256.Sum256(body)
	if string(first) != fileMagic+hex.EncodeToString(sum[:]) {
		return Saved{}, ErrTorn
	}
	err = json.Unmarshal(body, &s)
	return s, err
}

func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
