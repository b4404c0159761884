package doctor

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/nearest"
)

// Least free room of the disk that keeps the log.
const (
	freeBytes   = 1 << 30
	freePercent = 10
)

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
	found := bus.StoreHazards(data)
	switch {
	case len(found) > 0:
		return bad(diskFix, "%s", found[0].Detail)
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
