package process

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"slipway.dev/services/node/driver"
)

// Fetcher brings the bytes of an artifact. It wraps driver.ErrAbsent if there is none of that digest; other errors are
// taken for passing ones unless they call themselves Final.
type Fetcher func(ctx context.Context, sha256 string) (io.ReadCloser, error)

// ArtifactBytes is the largest artifact an app file may name.
const ArtifactBytes = 512 << 20

// Store keeps artifacts by digest. What stands under its digest was verified before it got its name.
type Store struct {
	Dir    string
	Source Fetcher
	mu     sync.Mutex // one fetch at a time: two would share the link to the object store anyway
}

// Fetch returns when the artifact is here and verified, an archive also unpacked.
func (s *Store) Fetch(ctx context.Context, a driver.Artifact) error {
	if err := sound(a); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.has(a) {
		if err := s.bring(ctx, a); err != nil {
			return err
		}
	}
	if !archive(a.Name) {
		return nil
	}
	return s.unpack(ctx, a)
}

func sound(a driver.Artifact) error {
	b, err := hex.DecodeString(a.SHA256)
	switch {
	case err != nil || len(b) != sha256.Size || strings.ToLower(a.SHA256) != a.SHA256:
		return refuse("artifact digest %q is not a SHA-256", a.SHA256)
	case a.SizeBytes < 0 || a.SizeBytes > ArtifactBytes:
		return refuse("artifact of %d bytes is larger than %d", a.SizeBytes, ArtifactBytes)
	case a.Name != filepath.Base(a.Name) || !local(a.Name) || a.Name == "" || a.Name == ".":
		return refuse("artifact name %q is not a file name", a.Name)
	}
	return nil
}

func (s *Store) home(hex string) string { return filepath.Join(s.Dir, hex) }
func (s *Store) blob(hex string) string { return filepath.Join(s.home(hex), "blob") }

func (s *Store) has(a driver.Artifact) bool {
	info, err := os.Stat(s.blob(a.SHA256))
	return err == nil && info.Size() == a.SizeBytes
}

// bring downloads beside, verifies, and only then gives the content its name.
func (s *Store) bring(ctx context.Context, a driver.Artifact) error {
	if s.Source == nil {
		return &driver.Fault{Reason: driver.ReasonAbsent, Unmendable: true}
	}
	next := filepath.Join(s.Dir, ".tmp-"+a.SHA256)
	if err := os.RemoveAll(next); err != nil {
		return fmt.Errorf("clear %s: %w", next, err)
	}
	if err := errors.Join(os.Mkdir(next, 0o755), os.Chmod(next, 0o755)); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	defer os.RemoveAll(next)
	body, err := s.Source(ctx, a.SHA256)
	if errors.Is(err, driver.ErrAbsent) {
		return &driver.Fault{Reason: driver.ReasonAbsent, Unmendable: true}
	}
	if err != nil {
		return &driver.Fault{Reason: "fetch artifact", Unmendable: driver.IsFinal(err), Err: err}
	}
	defer body.Close()
	if err := receive(ctx, body, filepath.Join(next, "blob"), a); err != nil {
		return err
	}
	if err := forget(s.home(a.SHA256)); err != nil { // of another size: it was never whole
		return fmt.Errorf("clear artifact: %w", err)
	}
	if err := os.Rename(next, s.home(a.SHA256)); err != nil {
		return fmt.Errorf("name artifact: %w", err)
	}
	return syncDir(s.Dir)
}

// receive writes and hashes at once, reads one byte more than promised to see a longer body, and syncs before it believes.
func receive(ctx context.Context, body io.Reader, path string, a driver.Artifact) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o555)
	if err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	defer file.Close()
	if err := file.Chmod(0o555); err != nil { // past the umask: a workload of another user runs it
		return fmt.Errorf("store artifact: %w", err)
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, h), io.LimitReader(under{ctx, body}, a.SizeBytes+1))
	if err != nil {
		return &driver.Fault{Reason: "fetch artifact", Err: err}
	}
	if n != a.SizeBytes || hex.EncodeToString(h.Sum(nil)) != a.SHA256 {
		return &driver.Fault{Reason: driver.ReasonDigestDiffers, Unmendable: true}
	}
	return file.Sync()
}

// under stops a copy when ctx ends.
type under struct {
	ctx context.Context
	r   io.Reader
}

func (u under) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// Prune deletes every artifact whose digest is not in keep. Running workloads keep the file they were started from.
func (s *Store) Prune(keep []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dirs, err := os.ReadDir(s.Dir)
	if err != nil {
		return fmt.Errorf("list artifacts: %w", err)
	}
	var errs []error
	for _, d := range dirs {
		if !slices.Contains(keep, d.Name()) {
			errs = append(errs, forget(filepath.Join(s.Dir, d.Name())))
		}
	}
	return errors.Join(errs...)
}

// forget deletes a tree of read-only directories.
func forget(path string) error {
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(p, 0o755)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(path)
}
