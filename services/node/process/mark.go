package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"slipway.dev/services/node/driver"
)

// marks is the directory that remembers which ids were stopped. Ids are never reused, so a mark is never taken away.
type marks string

// mark is written twice: before the kill without a result, after it with one.
type mark struct {
	At     time.Time       `json:"at"` // when the first Stop came; the grace counts from here
	Result *driver.Stopped `json:"result,omitempty"`
}

func (m marks) path(id string) string { return filepath.Join(string(m), id) }

func (m marks) has(id string) bool {
	_, err := os.Stat(m.path(id))
	return !errors.Is(err, fs.ErrNotExist) // what we cannot read we do not start
}

// put marks the id, or returns the mark it has.
func (m marks) put(id string) (mark, error) {
	if old, err := readJSON[mark](m.path(id)); err == nil {
		return *old, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return mark{}, err
	}
	now := mark{At: time.Now()}
	return now, m.write(id, now)
}

// write lasts through a power cut: file and directory are synced.
func (m marks) write(id string, v mark) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("mark %s stopped: %w", id, err)
	}
	next := filepath.Join(string(m), "."+id)
	if err := writeSynced(next, b); err != nil {
		return fmt.Errorf("mark %s stopped: %w", id, err)
	}
	if err := os.Rename(next, m.path(id)); err != nil {
		return fmt.Errorf("mark %s stopped: %w", id, err)
	}
	return syncDir(string(m))
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
