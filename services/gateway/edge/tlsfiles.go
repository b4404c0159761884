package edge

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// files are the certificates that an operator keeps in a folder: host.crt beside
// host.key, or fullchain.pem beside privkey.pem, there and in folders below it.
type files struct {
	folder string
	pairs  map[string]pair // by the chain's path
}

// pair is a chain and its key as they were read last.
type pair struct {
	stamp string // of both files
	*tls.Certificate
}

// read reads what has changed. A pair that cannot be read is left as it was: it may
// be half written.
func (f *files) read() (byName map[string]*tls.Certificate, changed bool, err error) {
	found, err := f.find()
	if err != nil {
		return nil, false, err
	}
	next := map[string]pair{}
	for chain, key := range found {
		stamp := stampOf(chain) + stampOf(key)
		was, known := f.pairs[chain]
		next[chain] = was
		if known && was.stamp == stamp {
			continue
		}
		changed = true
		c, e := tls.LoadX509KeyPair(chain, key)
		if e != nil {
			err = errors.Join(err, fmt.Errorf("read %s: %w", chain, e))
			next[chain] = pair{stamp, was.Certificate}
			continue
		}
		next[chain] = pair{stamp, &c}
	}
	changed = changed || len(next) != len(f.pairs) || f.pairs == nil
	f.pairs = next
	return named(next), changed, err
}

// find are the chains with their keys.
func (f *files) find() (map[string]string, error) {
	found := map[string]string{}
	top, err := os.ReadDir(f.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	folders := []string{f.folder}
	for _, e := range top {
		path := filepath.Join(f.folder, e.Name())
		if name, ok := strings.CutSuffix(path, ".crt"); ok {
			found[path] = name + ".key"
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			folders = append(folders, path)
		}
	}
	for _, folder := range folders {
		chain := filepath.Join(folder, "fullchain.pem")
		if _, err := os.Stat(chain); err == nil {
			found[chain] = filepath.Join(folder, "privkey.pem")
		}
	}
	return found, nil
}

// stampOf changes when a file does.
func stampOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "none;"
	}
	return fmt.Sprintf("%d %d;", info.ModTime().UnixNano(), info.Size())
}

// named are certificates by the names they are for; of two for one name the one that
// is good for longer.
func named(pairs map[string]pair) map[string]*tls.Certificate {
	byName := map[string]*tls.Certificate{}
	for _, p := range pairs {
		if p.Certificate == nil {
			continue
		}
		for _, name := range p.Leaf.DNSNames {
			name = strings.ToLower(name)
			if was := byName[name]; was == nil || was.Leaf.NotAfter.Before(p.Leaf.NotAfter) {
				byName[name] = p.Certificate
			}
		}
	}
	return byName
}
