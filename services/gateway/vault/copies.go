package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Copy is a sealed certificate as it lies in a gateway's folder.
type Copy struct {
	Host   string `json:"host"`
	Serial string `json:"serial"`
	Object []byte `json:"object"` // sealed
}

// Copies are a folder of copies, one file a host.
type Copies struct{ Folder string }

const copyEnding = ".json"

// Put keeps a copy in place of the host's last one.
func (c Copies) Put(x Copy) error {
	b, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("copy certificate of %s: %w", x.Host, err)
	}
	if err := c.replace(c.path(x.Host), b); err != nil {
		return fmt.Errorf("copy certificate of %s: %w", x.Host, err)
	}
	return nil
}

func (c Copies) path(host string) string {
	return filepath.Join(c.Folder, url.PathEscape(host)+copyEnding)
}

func (c Copies) replace(path string, b []byte) error {
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.Folder, "new.*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	if err := write(f, b); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(c.Folder)
}

// Of is the copy of a host's certificate.
func (c Copies) Of(host string) (x Copy, err error) {
	b, err := os.ReadFile(c.path(host))
	if err != nil {
		return Copy{}, err
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return Copy{}, fmt.Errorf("read copy of %s: %w", host, err)
	}
	return x, nil
}

// Hosts are those of which there is a copy.
func (c Copies) Hosts() (hosts []string, err error) {
	all, err := os.ReadDir(c.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list copies: %w", err)
	}
	for _, f := range all {
		name, ok := strings.CutSuffix(f.Name(), copyEnding)
		if host, err := url.PathUnescape(name); ok && err == nil {
			hosts = append(hosts, host)
		}
	}
	return hosts, nil
}

// Drop forgets the copy of a host's certificate.
func (c Copies) Drop(host string) error {
	if err := os.Remove(c.path(host)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop copy of %s: %w", host, err)
	}
	return nil
}
