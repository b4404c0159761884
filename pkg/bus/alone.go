package bus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"slipway.dev/events"
)

// Where the server keeps, below StoreDir, the streams of our account and what a
// cluster has agreed on.
const (
	streamFolders = "jetstream/$G/streams"
	agreedFolder  = "jetstream/$SYS/_js_/_meta_"
)

// ErrAlone says that a server that stood alone keeps a log here. Started in a cluster
// it would delete every stream the others have not agreed on: the log.
var ErrAlone = errors.New("the log here was kept by a server of no cluster")

// unalone refuses to take a log into a cluster.
func (o ServerOptions) unalone() error {
	there := func(path ...string) (bool, error) {
		_, err := os.Stat(filepath.Join(append([]string{o.StoreDir}, path...)...))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	log, err := there(streamFolders, events.StreamEvents)
	if err != nil || !log {
		return err
	}
	agreed, err := there(agreedFolder)
	if err != nil || agreed {
		return err
	}
	return fmt.Errorf("%w: %s: start it without a cluster", ErrAlone, o.StoreDir)
}
