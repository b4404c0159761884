package process

import (
	"fmt"
	"path/filepath"
	"strings"

	"slipway.dev/services/node/driver"
)

// self is the command word that means the node's own executable.
const self = "slipway"

// executable is what a command's first word stands for.
type executable struct {
	path   string // the file
	inside string // its path below the working directory's root, if it is of the artifact
	sha256 string // what it must hash to, if it is of the artifact
}

// find resolves a first word: `slipway` is the node's own executable, an absolute path is itself, the rest lies inside the
// artifact. No word means the artifact itself.
func (d *Driver) find(a driver.Artifact, word string) (executable, error) {
	switch {
	case word == self:
		return executable{path: d.config.Self}, nil
	case filepath.IsAbs(word):
		return executable{path: word}, nil
	case a.IsZero():
		return executable{}, refuse("command %q: neither absolute nor %s, and there is no artifact it could lie in", word, self)
	}
	have, err := d.Store.open(a)
	if err != nil {
		return executable{}, err
	}
	if word == "" {
		if have.tree != nil {
			return executable{}, refuse("artifact %s is an archive: command must name a file in it", a.Name)
		}
		word = a.Name
	}
	inside := filepath.Clean(word)
	sum, ok := have.sum(inside)
	if !ok {
		return executable{}, refuse("command %q is not in artifact %s", word, a.Name)
	}
	return executable{path: have.path(inside), inside: inside, sha256: sum}, nil
}

// argv is the command as the workload sees it.
func argv(s driver.Spec) []string {
	if len(s.Command) > 0 {
		return s.Command
	}
	return []string{s.Artifact.Name}
}

func firstWord(command []string) string {
	if len(command) == 0 {
		return ""
	}
	return command[0]
}

// local tells a relative path that stays where it begins.
func local(path string) bool {
	return path == "" || filepath.IsLocal(path) && !strings.ContainsRune(path, 0)
}

func refuse(format string, args ...any) error {
	return &driver.Fault{Reason: fmt.Sprintf(format, args...), Unmendable: true}
}
