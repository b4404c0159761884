package process

import (
	"maps"
	"path/filepath"
	"slices"

	"slipway.dev/services/node/driver"
)

// content is an artifact in the store.
type content struct {
	home string
	of   driver.Artifact
	tree map[string]string // path inside → SHA-256; nil for a plain file, "" for a link inside an archive
}

// open finds an artifact that was fetched.
func (s *Store) open(a driver.Artifact) (content, error) {
	if err := sound(a); err != nil {
		return content{}, err
	}
	c := content{home: s.home(a.SHA256), of: a}
	if !s.has(a) {
		return content{}, &driver.Fault{Reason: driver.ReasonAbsent}
	}
	if !archive(a.Name) {
		return c, nil
	}
	tree, err := readJSON[map[string]string](filepath.Join(c.home, "tree.json"))
	if err != nil {
		return content{}, &driver.Fault{Reason: driver.ReasonAbsent, Err: err}
	}
	c.tree = *tree
	return c, nil
}

// files are the paths inside, sorted.
func (c content) files() []string {
	if c.tree == nil {
		return []string{c.of.Name}
	}
	return slices.Sorted(maps.Keys(c.tree))
}

// path is where a file inside lies on disk.
func (c content) path(inside string) string {
	if c.tree == nil {
		return filepath.Join(c.home, "blob")
	}
	return filepath.Join(c.home, "tree", inside)
}

// sum is what a file inside must hash to.
func (c content) sum(inside string) (string, bool) {
	if c.tree == nil {
		return c.of.SHA256, inside == c.of.Name
	}
	sum, ok := c.tree[inside]
	return sum, ok
}
