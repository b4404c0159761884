package natscontext

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"slipway.dev/services/slipway/wholefile"
)

const extension = ".json"

// Home is a person's folder of configuration: $XDG_CONFIG_HOME or ~/.config.
type Home struct{ dir string }

// HomeOf finds it.
func HomeOf(getenv func(string) string) Home {
	if dir := getenv("XDG_CONFIG_HOME"); dir != "" {
		return Home{dir}
	}
	return Home{filepath.Join(getenv("HOME"), ".config")}
}

// Path is where a context's file lies.
func (h Home) Path(name string) string {
	return filepath.Join(h.dir, "nats", "context", name+extension)
}

// Load reads a context by its whole name; SLW-C001 if there is none.
func (h Home) Load(name string) (Context, error) {
	if err := check(name); err != nil {
		return Context{}, err
	}
	b, err := os.ReadFile(h.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		there, _ := h.List()
		return Context{}, missing(name, there)
	}
	if err != nil {
		return Context{}, fmt.Errorf("read context %s: %w", name, err)
	}
	c := Context{Name: name}
	if err := json.Unmarshal(b, &c); err != nil {
		return Context{}, fmt.Errorf("read context %s: %w", h.Path(name), err)
	}
	return c, nil
}

// Save writes a context's file, for its owner alone.
func (h Home) Save(c Context) error {
	if err := check(c.Name); err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode context %s: %w", c.Name, err)
	}
	return h.write(h.Path(c.Name), append(b, '\n'))
}

// Remove deletes a context of ours; SLW-C001 if there is none.
func (h Home) Remove(name string) error {
	if _, err := h.Load(name); err != nil {
		return err
	}
	if err := os.Remove(h.Path(name)); err != nil {
		return fmt.Errorf("remove context %s: %w", name, err)
	}
	if h.Chosen() == name {
		return h.write(h.choice(), nil)
	}
	return nil
}

// List is every context of ours, by name. A file nobody can read is left out.
func (h Home) List() (all []Context, err error) {
	there, err := filepath.Glob(h.Path(Prefix + "*"))
	if err != nil {
		return nil, fmt.Errorf("list contexts: %w", err)
	}
	slices.Sort(there)
	for _, path := range there {
		if c, err := h.Load(strings.TrimSuffix(filepath.Base(path), extension)); err == nil {
			all = append(all, c)
		}
	}
	return all, nil
}

func (h Home) choice() string { return filepath.Join(h.dir, "slipway", "context") }

// Chosen is the context of `slipway context use`; empty: none.
func (h Home) Chosen() string {
	b, err := os.ReadFile(h.choice())
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// Choose keeps a person's choice; the context must exist.
func (h Home) Choose(name string) error {
	if _, err := h.Load(name); err != nil {
		return err
	}
	return h.write(h.choice(), []byte(name+"\n"))
}

// Select makes a context the selected one of the nats command line too.
func (h Home) Select(name string) error {
	if _, err := h.Load(name); err != nil {
		return err
	}
	return h.write(filepath.Join(h.dir, "nats", "context.txt"), []byte(name))
}

func (h Home) write(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of %s: %w", path, err)
	}
	return wholefile.Replace(path, b, 0o600)
}
