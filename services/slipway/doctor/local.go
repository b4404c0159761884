package doctor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"slipway.dev/pkg/nearest"
)

// Least free room of the disk that keeps the log.
const (
	freeBytes   = 1 << 30
	freePercent = 10
)

// File systems on which what was acknowledged may be lost, or is not this machine's.
var shaky = map[int64]string{
	unix.TMPFS_MAGIC: "tmpfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.NFS_SUPER_MAGIC: "nfs", unix.RAMFS_MAGIC: "ramfs",
	unix.CIFS_SUPER_MAGIC: "cifs", unix.SMB2_SUPER_MAGIC: "smb", unix.V9FS_MAGIC: "9p", unix.FUSE_SUPER_MAGIC: "fuse",
}

const diskFix = "slipway dev --data DIR   (DIR on a local disk with room)"

// disk looks at the data folder, where it is on this machine.
func disk(data string, dev bool) Check {
	var fs unix.Statfs_t
	if err := unix.Statfs(data, &fs); err != nil {
		return skip("data folder %s is not here: name it with --data", data)
	}
	bad := fail
	if dev {
		bad = warn
	}
	free, size := uint64(fs.Bavail)*uint64(fs.Bsize), uint64(fs.Blocks)*uint64(fs.Bsize)
	path, err := filepath.Abs(data)
	switch {
	case err != nil:
		return skip("%v", err)
	case shaky[int64(fs.Type)] != "":
		return bad(diskFix, "%s is on %s", data, shaky[int64(fs.Type)])
	case strings.HasPrefix(path, filepath.Clean(os.TempDir())+"/"):
		return bad(diskFix, "%s is under a folder for temporary files", data)
	case free < freeBytes || free < size/100*freePercent:
		return bad(diskFix, "%d MiB free, want at least 1 GiB and %d %% of %d MiB", free>>20, freePercent, size>>20)
	}
	return ok("%d MiB free of %d MiB", free>>20, size>>20)
}

// environment names variables that look like ours and mean nothing.
func environment(environ, known []string) Check {
	var strange []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "SLIPWAY_") && !slices.Contains(known, name) {
			strange = append(strange, name)
		}
	}
	if len(strange) == 0 {
		return ok("every SLIPWAY_ variable is known")
	}
	slices.Sort(strange)
	fix := "unset " + strings.Join(strange, " ")
	if near := nearest.Of(strange[0], known); near != "" {
		fix += "   (did you mean " + near + "?)"
	}
	return warn(fix, "%s means nothing", strings.Join(strange, ", "))
}
