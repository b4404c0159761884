package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"slipway.dev/services/node/driver"
)

// furnish makes an instance's working directory: real directories, a link to each file of the artifact and to each
// volume, and the files the app file declares. What an earlier try wrote stays. It returns the directory the workload starts in.
func (d *Driver) furnish(f folder, s driver.Spec, user *account) (dir string, err error) {
	if !local(s.Workdir) {
		return "", refuse("workdir %q leaves the artifact", s.Workdir)
	}
	if err := os.MkdirAll(f.work(), 0o755); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(f.work())
	if err != nil {
		return "", err
	}
	defer root.Close()
	w := work{root: root, user: user}
	if err := w.own("."); err != nil {
		return "", err
	}
	if err := d.link(w, s.Artifact); err != nil {
		return "", fmt.Errorf("link artifact %s: %w", s.Artifact.Name, err)
	}
	if err := w.directory(filepath.Clean(s.Workdir)); err != nil {
		return "", fmt.Errorf("make workdir %s: %w", s.Workdir, err)
	}
	if err := d.volumes(f, w, s); err != nil {
		return "", err
	}
	for _, file := range s.Files {
		if !local(file.Path) || file.Path == "" {
			return "", refuse("file %q is not below the workdir", file.Path)
		}
		if err := w.write(filepath.Join(s.Workdir, file.Path), file); err != nil {
			return "", fmt.Errorf("write file %s: %w", file.Path, err)
		}
	}
	return filepath.Join(f.work(), s.Workdir), nil
}

func (d *Driver) link(w work, a driver.Artifact) error {
	if a.IsZero() {
		return nil
	}
	have, err := d.Store.open(a)
	if err != nil {
		return err
	}
	for _, inside := range have.files() {
		if err := w.directory(filepath.Dir(inside)); err != nil {
			return err
		}
		err := w.root.Symlink(have.path(inside), inside)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// work writes below one directory and cannot leave it, whatever links an earlier try put there.
type work struct {
	root *os.Root
	user *account
}

func (w work) own(path string) error {
	if w.user == nil {
		return nil
	}
	uid, gid := w.user.owner()
	return w.root.Lchown(path, uid, gid)
}

// directory makes path and gives every new part of it to the user.
func (w work) directory(path string) error {
	if path == "." || path == "" {
		return nil
	}
	if err := w.directory(filepath.Dir(path)); err != nil {
		return err
	}
	err := w.root.Mkdir(path, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.own(path)
}

func (w work) write(path string, file driver.File) error {
	if err := w.directory(filepath.Dir(path)); err != nil {
		return err
	}
	// A link of the artifact or a file of an earlier try: replaced, never written through.
	if err := w.root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	mode := file.Mode.Perm()
	if mode == 0 {
		mode = 0o444
	}
	if err := w.root.WriteFile(path, []byte(file.Content), mode); err != nil {
		return err
	}
	if err := w.root.Chmod(path, mode); err != nil { // past the umask
		return err
	}
	return w.own(path)
}
