package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"slipway.dev/services/node/driver"
)

// volumes gives an instance its volumes: a link in the working directory to each.
// What lies at such a path already and is not this link is of the artifact or of the
// workload, and is not touched.
func (d *Driver) volumes(f folder, w work, s driver.Spec) error {
	for _, v := range s.Volumes {
		if !local(v.Path) || filepath.Clean(v.Path) == "." {
			return refuse("volume %s: %q is not below the workdir", v.Name, v.Path)
		}
		home, err := d.volume(f, s.App, v)
		if err != nil {
			return err
		}
		uid, gid := w.user.owner()
		if err := os.Lchown(home, uid, gid); err != nil {
			return fmt.Errorf("give volume %s to its user: %w", v.Name, err)
		}
		if err := w.mount(home, filepath.Join(s.Workdir, v.Path)); err != nil {
			return fmt.Errorf("link volume %s: %w", v.Name, err)
		}
	}
	return nil
}

// volume makes a volume where it is not there yet, and tells where it lies.
func (d *Driver) volume(f folder, app string, v driver.Volume) (home string, err error) {
	if err := errors.Join(named(app), named(v.Name)); err != nil {
		return "", err
	}
	home, ways := filepath.Join(f.scratch(), v.Name), []string{f.scratch()}
	if !v.Scratch {
		all := filepath.Join(d.config.Data, "volumes")
		home, ways = filepath.Join(all, app, v.Name), []string{all, filepath.Join(all, app)}
	}
	if err := passable(ways...); err != nil {
		return "", fmt.Errorf("make folder of volume %s: %w", v.Name, err)
	}
	if err := os.Mkdir(home, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make volume %s: %w", v.Name, err)
	}
	return home, nil
}

// mount links path to a volume, once.
func (w work) mount(home, path string) error {
	if err := w.directory(filepath.Dir(path)); err != nil {
		return err
	}
	err := w.root.Symlink(home, path)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if to, err := w.root.Readlink(path); err != nil || to != home {
		return refuse("%s is taken by a file of the artifact or of the instance", path)
	}
	return nil
}

// drop deletes what was an instance's alone. What a workload has made undeletable must
// not keep its stop from being confirmed: it goes, or is told of, with the folder.
func (f folder) drop() { _ = os.RemoveAll(f.scratch()) }
