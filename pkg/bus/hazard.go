package bus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slipway.dev/events"
)

// Hazard is a setting under which something acknowledged may be lost or the log may
// stand still. A single server and a cluster refuse to start with one; a development
// server warns.
type Hazard struct {
	Setting string // StoreDir, store-max, replicas, clock
	Detail  string // what is wrong with it
	Remedy  string
}

// String is the whole line.
func (h Hazard) String() string { return h.Setting + " " + h.Detail + ": " + h.Remedy }

// clockBack is how far the clock may be before the last event's time: more than two
// servers of one machine room differ.
const clockBack = 5 * time.Second

// temporary are the folders whose contents a machine may clear.
var temporary = []string{"/tmp", "/var/tmp", "/run", "/dev/shm"}

// StoreHazards judges where a store lies or shall lie.
func StoreHazards(dir string) (found []Hazard) {
	there, path := existing(dir)
	remedy := "put it on a local disk that stays"
	for _, t := range append([]string{os.TempDir()}, temporary...) {
		if real, err := filepath.EvalSymlinks(t); err == nil && under(path, real) {
			found = append(found, Hazard{"StoreDir", dir + " is under " + t + ", a folder for temporary files", remedy})
			break
		}
	}
	if fs := shakyFS(there); fs != "" {
		found = append(found, Hazard{"StoreDir", dir + " is on " + fs + ", which may lose what was acknowledged", remedy})
	}
	return found
}

// existing is the folder itself or the nearest above it that is there, and the
// folder's path without symbolic links.
func existing(dir string) (there, path string) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir, dir
	}
	for there = abs; ; there = filepath.Dir(there) {
		real, err := filepath.EvalSymlinks(there)
		if err == nil {
			return there, filepath.Join(real, strings.TrimPrefix(abs, there))
		}
		if there == filepath.Dir(there) {
			return there, abs
		}
	}
}

func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}

// Hazards judges the streams that have been made. Some are refused in the profiles
// single and cluster, the others are a warning in every profile.
func (b *Bus) Hazards(ctx context.Context, p Profile, now time.Time) (refused, warned []Hazard, err error) {
	si, err := b.streamInfo(ctx, events.StreamEvents)
	if err != nil {
		return nil, nil, err
	}
	use, err := b.Use(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if b.id.Server != nil {
		if free, known := freeDisk(b.id.Server.storeDir); known {
			refused = append(refused, use.hazards(free)...)
		}
	}
	if want := config(events.Streams[0], p).Replicas; si.Config.Replicas < want {
		refused = append(refused, Hazard{"replicas", fmt.Sprintf("of the log are %d, want %d", si.Config.Replicas, want), "start all servers of the cluster"})
	}
	if back := si.State.LastTime.Sub(now); back > clockBack {
		warned = append(warned, Hazard{"clock", fmt.Sprintf("is %s before the last event's time", back.Round(time.Second)), "timedatectl set-ntp true"})
	}
	return refused, warned, nil
}

// hazards tells whether the streams may outgrow their disk.
func (u Use) hazards(free int64) []Hazard {
	if free+u.Stored >= u.Reserved {
		return nil
	}
	return []Hazard{{
		"store-max", fmt.Sprintf("lets the streams grow to %d MiB, the disk has room for %d", u.Reserved>>20, (free+u.Stored)>>20),
		fmt.Sprintf("make room for %d MiB more", (u.Reserved-u.Stored-free)>>20+1),
	}}
}
