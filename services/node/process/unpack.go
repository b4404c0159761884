package process

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

// Bounds of an archive: beyond them it is a bomb, or something that belongs on a volume.
const (
	entriesMax  = 10_000
	unpackedMax = 2 << 30
)

func archive(name string) bool {
	return strings.HasSuffix(name, ".tar") || strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz")
}

// unpack makes tree/ and tree.json beside the blob, unless they are there. tree.json comes last and vouches for the tree.
func (s *Store) unpack(ctx context.Context, a driver.Artifact) error {
	home := s.home(a.SHA256)
	if _, err := os.Stat(filepath.Join(home, "tree.json")); err == nil {
		return nil
	}
	blob, err := os.Open(s.blob(a.SHA256))
	if err != nil {
		return fmt.Errorf("unpack %s: %w", a.Name, err)
	}
	defer blob.Close()
	tree := filepath.Join(home, "tree")
	if err := errors.Join(forget(tree), os.Mkdir(tree, 0o755)); err != nil {
		return fmt.Errorf("unpack %s: %w", a.Name, err)
	}
	sums, err := expand(ctx, blob, a.Name, tree)
	if err != nil {
		forget(tree)
		return fmt.Errorf("unpack %s: %w", a.Name, err)
	}
	// One sync for the whole tree: a power cut must not leave tree.json vouching for files that are not there.
	if err := unix.Syncfs(int(blob.Fd())); err != nil {
		return fmt.Errorf("sync %s: %w", a.Name, err)
	}
	return writeJSON(filepath.Join(home, "tree.json"), sums)
}

func expand(ctx context.Context, blob io.Reader, name, dir string) (map[string]string, error) {
	r := io.Reader(under{ctx, blob})
	if !strings.HasSuffix(name, ".tar") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, damaged("not a gzip file", err)
		}
		r = z
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	x := expansion{root: root, sums: map[string]string{}, left: unpackedMax}
	if err := x.all(tar.NewReader(r)); err != nil {
		return nil, err
	}
	if err := x.checkLinks(); err != nil {
		return nil, err
	}
	return x.sums, x.seal()
}

// expansion writes below its root and cannot leave it: os.Root refuses every path that would, through links too.
type expansion struct {
	root    *os.Root
	sums    map[string]string
	left    int64
	entries int
}

func (x *expansion) all(t *tar.Reader) error {
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return damaged("not a tar archive", err)
		}
		if x.entries++; x.entries > entriesMax {
			return refuse("more than %d entries", entriesMax)
		}
		if err := x.entry(h, t); err != nil {
			return fmt.Errorf("entry %s: %w", h.Name, err)
		}
	}
}

func (x *expansion) entry(h *tar.Header, r io.Reader) error {
	name := path.Clean(h.Name)
	if !filepath.IsLocal(name) {
		return refuse("its path leaves the archive")
	}
	if err := x.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return x.root.MkdirAll(name, 0o755)
	case tar.TypeReg:
		return x.file(name, h, r)
	case tar.TypeSymlink:
		x.sums[name] = ""
		return x.root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return x.hardLink(path.Clean(h.Linkname), name)
	case tar.TypeXGlobalHeader:
		return nil
	}
	return refuse("neither file, directory nor link")
}

func (x *expansion) file(name string, h *tar.Header, r io.Reader) error {
	if x.left -= h.Size; x.left < 0 {
		return refuse("more than %d bytes unpacked", int64(unpackedMax))
	}
	mode := fs.FileMode(0o444)
	if h.Mode&0o111 != 0 {
		mode = 0o555
	}
	f, err := x.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Chmod(mode); err != nil { // past the umask
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, sum), r); err != nil {
		return damaged("incomplete", err)
	}
	x.sums[name] = hex.EncodeToString(sum.Sum(nil))
	return f.Close()
}

func (x *expansion) hardLink(old, name string) error {
	sum, ok := x.sums[old]
	if !ok || sum == "" {
		return refuse("links to %s, which is no file before it", old)
	}
	x.sums[name] = sum
	return x.root.Link(old, name)
}

// checkLinks follows every link as the system will: os.Root refuses those that lead out, and nothing may be missing that a
// link could later find elsewhere. A link is its target's sum, a link to a directory stays without one.
func (x *expansion) checkLinks() error {
	for name, sum := range x.sums {
		if sum != "" {
			continue
		}
		f, err := x.root.Open(name)
		if err != nil {
			return refuse("link %s leads out of the archive or nowhere", name)
		}
		info, err := f.Stat()
		if err == nil && info.Mode().IsRegular() {
			h := sha256.New()
			_, err = io.Copy(h, f)
			x.sums[name] = hex.EncodeToString(h.Sum(nil))
		}
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// seal takes the right to write from every directory.
func (x *expansion) seal() error {
	return fs.WalkDir(x.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return x.root.Chmod(p, 0o555)
	})
}

// damaged is final, for the bytes are what their digest promised, unless the disk or the caller's patience ended the reading.
func damaged(what string, err error) error {
	var disk *fs.PathError
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &disk) {
		return err
	}
	return refuse("%s: %v", what, err)
}
