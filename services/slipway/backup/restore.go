package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

const (
	logFolder = "nats"           // of a data folder, where a bus keeps its streams
	unfit     = ".restoring"     // ends its name until all is in it
	unbounded = 1 << 50          // the streams bound themselves
	openWait  = 10 * time.Second // to reach a server of this process
)

// ErrTaken says that a data folder holds a log, or what served one.
var ErrTaken = errors.New("the data folder is not empty")

// Restored is what a restore has made.
type Restored struct {
	Position events.Position // of cluster.restored, the last event of the new log
	Era      uint32
}

// taken are the folders of a data folder in which something of an earlier life lies.
var taken = []string{logFolder, "node", "gateway"}

// Free tells whether a backup may be restored into a data folder: ErrTaken where it
// holds a log, or what a node or gateway has kept of one.
func Free(data string) error {
	for _, name := range taken {
		all, err := os.ReadDir(filepath.Join(data, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look into data folder: %w", err)
		}
		if len(all) > 0 {
			return fmt.Errorf("%w: there is %s", ErrTaken, filepath.Join(data, name))
		}
	}
	return nil
}

// Restore makes the log of a data folder, which the caller holds and nobody else
// uses, from a backup. The log is there in full or not at all.
func (b *File) Restore(ctx context.Context, data string, now time.Time, log zerolog.Logger, step Step) (Restored, error) {
	if err := Free(data); err != nil {
		return Restored{}, err
	}
	final := filepath.Join(data, logFolder)
	folder := final + unfit
	if err := os.RemoveAll(folder); err != nil { // of a restore that was cut short
		return Restored{}, fmt.Errorf("restore: %w", err)
	}
	made, err := b.fill(ctx, folder, now, log, step)
	if err == nil {
		err = syncAll(folder)
	}
	if err == nil {
		if err = os.Remove(final); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(folder, final)
	}
	if err == nil {
		return made, syncDir(data)
	}
	return Restored{}, errors.Join(fmt.Errorf("restore: %w", err), os.RemoveAll(folder))
}

// fill makes the streams in a folder and proves the log.
func (b *File) fill(ctx context.Context, folder string, now time.Time, log zerolog.Logger, step Step) (made Restored, err error) {
	server, err := bus.StartServer(bus.ServerOptions{StoreDir: folder, DontListen: true, MaxStore: unbounded, Restoring: true, Log: log})
	if err != nil {
		return made, err
	}
	defer server.Shutdown()
	reach, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	to, err := bus.Connect(reach, bus.Identity{Name: "restore", Server: server, Log: log})
	if err != nil {
		return made, err
	}
	defer to.Close()
	for _, p := range b.Manifest.Parts {
		if err := b.restorePart(ctx, to, p, step); err != nil {
			return made, err
		}
	}
	if err := b.same(ctx, to); err != nil {
		return made, err
	}
	for _, d := range b.Manifest.Consumers {
		if err := to.RestoreDurable(ctx, d); err != nil {
			return made, err
		}
	}
	e, err := to.Restored(ctx, events.ClusterRestored{
		Position: b.Manifest.At, TakenAt: b.Manifest.TakenAt, Digest: b.Digest, Era: b.era(),
	}, now)
	return Restored{Position: e.Pos, Era: e.Pos.Era}, err
}

// era is the new log's. The other streams live on in theirs: what the facts say was
// answered of the wishes must stay answered.
func (b *File) era() uint32 { return b.Manifest.Position.Era + 1 }

func (b *File) restorePart(ctx context.Context, to *bus.Bus, p Part, step Step) error {
	from, err := b.zip.Open(p.File)
	if err != nil {
		return err
	}
	defer from.Close()
	era := p.Era
	if p.Stream == events.StreamEvents {
		era = b.era()
	}
	told := &meter{told: func(n int64) { step(p.Stream, n) }}
	return to.RestoreStream(ctx, p.StreamCopy, era, io.TeeReader(from, told))
}

// same reads the restored log from its first event on: it is the one in the file.
func (b *File) same(ctx context.Context, to *bus.Bus) error {
	log := newAuditor()
	if _, err := readWhile(ctx, to, events.StreamEvents, io.Discard, log.hear); err != nil {
		return fmt.Errorf("read the restored log: %w", err)
	}
	if got := log.account(); got != b.Manifest.Events {
		return fmt.Errorf("the restored log is %+v, the backup's %+v", got, b.Manifest.Events)
	}
	return nil
}

// syncAll puts every file below a folder on the disk.
func syncAll(folder string) error {
	return filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
