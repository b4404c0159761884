package plane

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"slipway.dev/services/slipway/wholefile"
)

// Services are the names of `slipway run` that own nothing of a data folder: their
// processes are found by a pid file alone.
var Services = slices.DeleteFunc(slices.Clone(Names), func(name string) bool {
	return name == everything || slices.Contains(bound, name)
})

// PidFile is the name of the file, below a data folder, that names a service's process.
func PidFile(service string) string { return service + ".pid" }

// notePid writes the pid files of the services of this process; clear removes them.
func notePid(data string, names []string) (clear func(), err error) {
	var written []string
	clear = func() {
		for _, path := range written {
			os.Remove(path)
		}
	}
	for _, name := range names {
		if !slices.Contains(Services, name) {
			continue
		}
		if err := os.MkdirAll(data, 0o700); err != nil {
			return clear, fmt.Errorf("make data folder: %w", err)
		}
		path := filepath.Join(data, PidFile(name))
		if err := wholefile.Replace(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
			return clear, fmt.Errorf("write pid file: %w", err)
		}
		written = append(written, path)
	}
	return clear, nil
}
