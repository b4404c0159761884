package backup

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

// Damaged says that a file is no whole backup, and where it stops being one.
type Damaged struct {
	File   string
	Offset int64 // byte in the file; the part that is damaged begins there
	Part   string
	Err    error
}

// Error names the place.
func (d *Damaged) Error() string {
	if d.Part == "" {
		return fmt.Sprintf("%s is no whole backup: %v", d.File, d.Err)
	}
	return fmt.Sprintf("%s is damaged in %s, which begins at byte %d: %v", d.File, d.Part, d.Offset, d.Err)
}

// Unwrap is what was found.
func (d *Damaged) Unwrap() error { return d.Err }

// File is a backup whose every byte and event has been read and found as its manifest
// says.
type File struct {
	Manifest Manifest
	Digest   string // sha256:<hex> of the whole file
	Size     int64

	file *os.File
	zip  *zip.Reader
}

// Open opens and proves a backup. What is wrong with its content is *Damaged.
func Open(path string, step Step) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open backup: %w", err)
	}
	b := &File{file: f}
	if err := b.prove(step); err != nil {
		f.Close()
		return nil, err
	}
	return b, nil
}

// Close closes the file.
func (b *File) Close() error { return b.file.Close() }

func (b *File) prove(step Step) error {
	sum := sha256.New()
	size, err := io.Copy(sum, b.file)
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	b.Size, b.Digest = size, "sha256:"+hex.EncodeToString(sum.Sum(nil))
	if b.zip, err = zip.NewReader(b.file, size); err != nil {
		return &Damaged{File: b.file.Name(), Err: fmt.Errorf("its end, by which all is found, is missing at byte %d: %w", size, err)}
	}
	if b.Manifest, err = readManifest(b.zip); err != nil {
		return &Damaged{File: b.file.Name(), Err: err}
	}
	for _, p := range b.Manifest.Parts {
		if err := b.provePart(p, step); err != nil {
			return &Damaged{File: b.file.Name(), Part: p.Stream, Offset: b.offset(p), Err: err}
		}
	}
	return nil
}

// offset is where a part begins.
func (b *File) offset(p Part) int64 {
	for _, f := range b.zip.File {
		if f.Name == p.File {
			at, _ := f.DataOffset()
			return at
		}
	}
	return 0
}

// provePart reads a part as whoever restores it will.
func (b *File) provePart(p Part, step Step) error {
	from, err := b.zip.Open(p.File)
	if err != nil {
		return err
	}
	defer from.Close()
	sum := &meter{hash: sha256.New(), told: func(n int64) { step(p.Stream, n) }}
	weighed := io.TeeReader(from, sum)
	log := newAuditor()
	each := ignore
	if p.Stream == events.StreamEvents {
		each = log.hear
	}
	count, done := counted(each)
	if err := bus.ReadCopy(weighed, p.Era, count); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, weighed); err != nil {
		return err
	}
	switch got := hex.EncodeToString(sum.hash.Sum(nil)); {
	case sum.n != p.Size || got != p.SHA256:
		return fmt.Errorf("%d bytes with SHA-256 %s, the manifest says %d with %s", sum.n, got, p.Size, p.SHA256)
	case done() != p.Messages:
		return fmt.Errorf("%d messages, the manifest says %d", done(), p.Messages)
	case p.Stream == events.StreamEvents:
		return b.agrees(log)
	}
	return nil
}

// agrees tells whether the log in the file is the one that was copied.
func (b *File) agrees(log *auditor) error {
	if got := log.account(); got != b.Manifest.Events {
		return fmt.Errorf("the log is %+v, the manifest says %+v", got, b.Manifest.Events)
	}
	if log.cluster.Cluster != b.Manifest.Cluster || log.last != b.Manifest.Last {
		return errors.New("the log is not of the cluster and position that the manifest names")
	}
	return nil
}
