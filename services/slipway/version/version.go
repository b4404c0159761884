package version

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/nats-io/nats-server/v2/server"

	"slipway.dev/events"
)

// Number is the version of this source.
const Number = "0.1.0"

// Info is what a binary is.
type Info struct {
	Version   string `json:"version"`
	Commit    string `json:"commit"` // short; "unknown" where it was not built from a repository
	Go        string `json:"go"`
	OS        string `json:"os"`
	Arch      string `json:"arch"`
	NATS      string `json:"nats"`      // of the embedded server
	Catalogue string `json:"catalogue"` // hash of the events it speaks
	Level     int    `json:"level"`     // newest event level it reads
}

// Of tells what this binary is.
func Of() Info {
	return Info{
		Version: Number, Commit: commit(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		NATS: server.VERSION, Catalogue: catalogue(), Level: events.Level,
	}
}

// String is the line a person reads.
func (i Info) String() string {
	return fmt.Sprintf("slipway %s (commit %s, %s, nats %s, catalogue %s)", i.Version, i.Commit, i.Go, i.NATS, i.Catalogue)
}

// shortHash is how much of a hash a person compares.
const shortHash = 12

func commit() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	short, dirty := "unknown", ""
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= shortHash:
			short = s.Value[:shortHash]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+"
		}
	}
	return short + dirty
}

// catalogue is a hash of every kind with the level it came with: two binaries with
// the same one speak the same language.
func catalogue() string {
	h := sha256.New()
	for _, row := range events.Catalog {
		fmt.Fprintln(h, row.Kind.Owner, row.Kind.Name(), row.Since, row.Essential)
	}
	return hex.EncodeToString(h.Sum(nil))[:shortHash]
}
