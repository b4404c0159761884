package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	dropWait  = time.Minute      // to take away what was made in a cluster, which may have to agree on who leads
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
	return b.into(ctx, &site{to: to, replicas: 1}, now, step)
}

// clusterReplicas are the servers of a cluster that each keep the log.
const clusterReplicas = 3

// RestoreInto makes the log of a cluster of servers that run and hold none: ErrTaken
// where they do. What a failure leaves is removed. Once it returns every server has
// all of it.
func (b *File) RestoreInto(ctx context.Context, to *bus.Bus, now time.Time, step Step) (Restored, error) {
	untouched, err := to.Untouched(ctx)
	if err == nil && !untouched {
		err = fmt.Errorf("%w: there are streams", ErrTaken)
	}
	if err != nil {
		return Restored{}, err
	}
	at := &site{to: to, replicas: clusterReplicas}
	made, err := b.into(ctx, at, now, step)
	if err == nil {
		return made, nil
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropWait)
	defer cancel()
	return Restored{}, errors.Join(fmt.Errorf("restore: %w", err), to.DropRestored(end, at.begun))
}

// site is where a log is restored.
type site struct {
	to       *bus.Bus
	replicas int
	begun    []string // streams that the restore made, or began to
}

// into makes the streams on servers and proves the log. The log comes last, and its
// last word says that all is there.
func (b *File) into(ctx context.Context, at *site, now time.Time, step Step) (made Restored, err error) {
	to := at.to
	for _, p := range slices.Backward(b.Manifest.Parts) {
		if err := b.restorePart(ctx, at, p, step); err != nil {
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

func (b *File) restorePart(ctx context.Context, at *site, p Part, step Step) error {
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
	err = at.to.RestoreStream(ctx, p.StreamCopy, at.replicas, era, io.TeeReader(from, told))
	if !errors.Is(err, bus.ErrThere) {
		at.begun = append(at.begun, p.Stream)
	}
	if err != nil {
		return err
	}
	return at.to.AwaitReplicas(ctx, p.Stream)
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
