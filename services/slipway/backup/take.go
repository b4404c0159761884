package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/version"
)

// Step tells how far a long work is: bytes of a stream's copy that are done.
type Step func(stream string, done int64)

// Take writes a backup of the cluster to a file, which is there whole or not at all:
// what was there before is replaced. Others may write to the cluster meanwhile.
func Take(ctx context.Context, b *bus.Bus, path string, now time.Time, step Step) (Manifest, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return Manifest{}, fmt.Errorf("write backup: %w", err)
	}
	defer os.Remove(f.Name()) // gone after the rename
	m, err := write(ctx, b, f, now, step)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return Manifest{}, fmt.Errorf("write backup: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Manifest{}, fmt.Errorf("write backup: %w", err)
	}
	return m, syncDir(filepath.Dir(path))
}

func write(ctx context.Context, b *bus.Bus, to io.Writer, now time.Time, step Step) (Manifest, error) {
	z := zip.NewWriter(to)
	m := Manifest{Format: format, TakenAt: now.UTC(), Version: version.Number, Level: events.Level}
	log := newAuditor()
	stood, foreign, err := b.CopyDurables(ctx)
	if err != nil {
		return m, err
	}
	for _, stream := range bus.Truth {
		each := ignore
		if stream == events.StreamEvents {
			each = log.hear
		}
		p, err := copyPart(ctx, b, z, stream, each, step)
		if err != nil {
			return m, err
		}
		m.Parts = append(m.Parts, p)
	}
	m.Events, m.Cluster, m.Profile, m.Last = log.account(), log.cluster.Cluster, log.cluster.Profile, log.last
	m.Position = events.Position{Era: m.Parts[0].Era, Seq: m.Parts[0].Last}
	m.At = m.Position.String()
	stand, _, err := b.CopyDurables(ctx)
	if err != nil {
		return m, err
	}
	m.Consumers, m.Foreign = bus.Stands(stood, stand), foreign
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	f, err := z.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Store, Modified: now})
	if err != nil {
		return m, err
	}
	if _, err := f.Write(append(body, '\n')); err != nil {
		return m, err
	}
	return m, z.Close()
}

func ignore(service.Message) error { return nil }

// copyPart copies one stream, and reads what it copies: a backup that cannot be read
// is found out now.
func copyPart(ctx context.Context, b *bus.Bus, z *zip.Writer, stream string, each func(service.Message) error, step Step) (Part, error) {
	p := Part{File: stream + ".nats"}
	f, err := z.CreateHeader(&zip.FileHeader{Name: p.File, Method: zip.Store}) // the server compresses
	if err != nil {
		return p, err
	}
	count, done := counted(each)
	sum := &meter{hash: sha256.New(), told: func(n int64) { step(stream, n) }}
	p.StreamCopy, err = readWhile(ctx, b, stream, io.MultiWriter(f, sum), count)
	if n := done(); err == nil && n > p.Messages {
		err = fmt.Errorf("copy %s: %d messages, want %d", stream, n, p.Messages)
	}
	p.Messages = done() // what a limit let go meanwhile is not in it
	p.Size, p.SHA256 = sum.n, hex.EncodeToString(sum.hash.Sum(nil))
	return p, err
}

// readWhile copies a stream and reads the copy as it is made.
func readWhile(ctx context.Context, b *bus.Bus, stream string, to io.Writer, each func(service.Message) error) (bus.StreamCopy, error) {
	read, readTo := io.Pipe()
	found := make(chan error, 1)
	go func() {
		err := bus.ReadCopy(read, 0, each)
		if err == nil {
			_, err = io.Copy(io.Discard, read)
		}
		read.CloseWithError(err)
		found <- err
	}()
	c, err := b.CopyStream(ctx, stream, io.MultiWriter(to, readTo))
	readTo.CloseWithError(err)
	if read := <-found; err == nil && read != nil {
		err = fmt.Errorf("copy %s: %w", stream, read)
	}
	return c, err
}

// counted counts what each is told.
func counted(each func(service.Message) error) (func(service.Message) error, func() uint64) {
	var n uint64
	return func(m service.Message) error { n++; return each(m) }, func() uint64 { return n }
}

// meter weighs what passes and tells how much it was.
type meter struct {
	hash hash.Hash // nil: only counted
	n    int64
	told func(n int64)
}

// Write is io.Writer's.
func (m *meter) Write(b []byte) (int, error) {
	m.n += int64(len(b))
	m.told(m.n)
	if m.hash == nil {
		return len(b), nil
	}
	return m.hash.Write(b)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
