package plane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/wholefile"
)

// served is the life of a log that a node's or gateway's folder has served. What lies
// there, instances that run and ids that must not run again, rests on facts of that
// life: in another one the same ids may mean other things.
type served struct {
	Cluster string `json:"cluster"`
	Era     uint32 `json:"era"`
}

const servedFile = "log.json"

// serves ties a folder to the log it is used with first, and refuses every other one
// with SLW-C010.
func serves(ctx context.Context, b *bus.Bus, participant, folder string) error {
	founded, err := b.Founded(ctx)
	if err != nil {
		return err
	}
	is := served{Cluster: founded.Data.(events.ClusterFounded).Cluster, Era: founded.Pos.Era}
	path := filepath.Join(folder, servedFile)
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return is.write(path)
	}
	if err != nil {
		return fmt.Errorf("read whose folder it is: %w", err)
	}
	var was served
	if err := json.Unmarshal(body, &was); err != nil {
		return fmt.Errorf("read whose folder it is: %s: %w", path, err)
	}
	if was == is {
		return nil
	}
	return was.refuse(is, participant, folder)
}

func (s served) write(path string) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	return wholefile.Replace(path, append(body, '\n'), 0o600)
}

// refuse says what is another log's, and how to begin anew.
func (s served) refuse(is served, participant, folder string) error {
	f := fault.New("SLW-C010", "%s: %v", participant, service.ErrLogReplaced)
	if s.Cluster == is.Cluster {
		f.Because(fmt.Sprintf("%s served era %d and the log is in era %d: it was restored from a backup, and what the folder remembers may be newer", folder, s.Era, is.Era))
	} else {
		f.Because(fmt.Sprintf("%s served cluster %s and the log is of cluster %s", folder, s.Cluster, is.Cluster))
	}
	if filepath.Base(folder) == "node" {
		f.Because("volumes lie in " + filepath.Join(folder, "volumes") + "; what runs from there is to be ended first")
		// The brackets keep it from finding the shell it is typed into.
		f.Try("pkill -KILL -f 'kee[p] " + filepath.Join(folder, "instances") + "'")
	}
	return f.Try("mv " + folder + " " + folder + ".old")
}
