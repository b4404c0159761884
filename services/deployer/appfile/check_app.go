package appfile

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"slipway.dev/events"
)

const (
	maxNameLength    = 40
	maxLabels        = 32
	maxLabelBytes    = 63
	maxVersionBytes  = 64
	maxReplicas      = 10_000
	maxEnvBytes      = 64 << 10
	maxFilesBytes    = 64 << 10
	maxCommandWords  = 256
	maxArtifactBytes = 512 << 20
	maxPathBytes     = 255 // of a file name on the systems we run on

	ownProgram = "slipway" // a bare first word that means the node's own executable
)

var (
	nameShape    = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`)
	labelShape   = regexp.MustCompile(`^[a-z0-9.-]{1,63}$`)
	envShape     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	digestShape  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	userShape    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,31})?$`)
	reservedName = regexp.MustCompile(`^(SLIPWAY_.*|PORT|PORT_.*)$`)
)

const nameRule = "must be 1 to 40 of a-z, 0-9 and -, beginning with a letter and not ending with -"

func (c *checker) identity() {
	d := c.doc
	if !nameShape.MatchString(d.Name) {
		c.refuseText(OutOfRange, []string{"name"}, nameRule, d.Name)
	}
	if len(d.Labels) > maxLabels {
		c.refuse(OutOfRange, []string{"labels"}, fmt.Sprintf("at most %d labels", maxLabels))
	}
	for _, key := range sortedKeys(d.Labels) {
		if !labelShape.MatchString(key) {
			c.refuse(OutOfRange, []string{"labels", key}, "a label's name is 1 to 63 of a-z, 0-9, . and -")
		}
		if len(d.Labels[key]) > maxLabelBytes {
			c.refuse(OutOfRange, []string{"labels", key}, fmt.Sprintf("must be at most %d bytes", maxLabelBytes))
		}
	}
	if len(d.Version) > maxVersionBytes || strings.ContainsFunc(d.Version, unicode.IsControl) {
		c.refuseText(OutOfRange, []string{"version"}, fmt.Sprintf("must be at most %d bytes of plain text", maxVersionBytes), d.Version)
	}
	if !c.local && d.Version == "" {
		c.refuse(Missing, []string{"version"}, "must be written in a resolved document")
	}
	if !d.PerNode {
		c.within(int64(d.Replicas), span{0, maxReplicas, formatCount}, "replicas")
	}
	c.word(d.Driver, "driver")
	c.word(d.Drift, "drift")
}

// program: what is run, and where.
func (c *checker) program() {
	d := c.doc
	if a := d.Artifact; a != nil {
		c.artifact(*a)
	} else if len(d.Command) == 0 && !d.External {
		c.refuse(Missing, []string{"artifact"}, "needs an artifact, or a command that is a program of the node")
	}
	if d.External && !d.HasProgram() && (d.Replicas != 0 || d.PerNode) {
		c.refuse(Exclusive, []string{"replicas"}, "must be absent or 0 where external endpoints alone serve the app: there is nothing to run")
	}
	c.argv(d.Command, false, "command")
	if len(d.Command) > 0 && d.Artifact == nil {
		if first := d.Command[0]; first != ownProgram && first != "" && !strings.HasPrefix(first, "/") {
			c.refuseText(OutOfRange, []string{"command", "0"},
				"must be an absolute path, or slipway, where there is no artifact", first)
		}
	}
	if d.Workdir != "" && !inside(d.Workdir) {
		c.refuseText(OutOfRange, []string{"workdir"}, "must be a folder inside the artifact", d.Workdir)
	}
	if d.User != "" && !userShape.MatchString(d.User) {
		c.refuseText(OutOfRange, []string{"user"}, "must be a user's name or number, or user:group", d.User)
	}
}

func (c *checker) artifact(a events.Artifact) {
	path := []string{"artifact"}
	if a.Name == "" || a.Name == "." || a.Name == ".." || a.Name == "/" || len(a.Name) > maxPathBytes || strings.ContainsAny(a.Name, "/\x00") {
		c.refuseText(OutOfRange, path, "must name a file", a.Name)
	}
	if c.local {
		return
	}
	if !digestShape.MatchString(a.SHA256) {
		c.refuseText(OutOfRange, path, "must have a SHA-256 of 64 hex digits", a.SHA256)
	}
	c.within(a.SizeBytes, span{1, maxArtifactBytes, formatBytes}, path...)
}

// argv: words for exec, without a shell. An empty list is no command.
func (c *checker) argv(words []string, required bool, path ...string) {
	if len(words) == 0 {
		if required {
			c.refuse(Missing, path, "must have at least one word")
		}
		return
	}
	if words[0] == "" || !strings.HasPrefix(words[0], "/") && !inside(words[0]) {
		c.refuseText(OutOfRange, below(path, "0"), "must be an absolute path or a path inside the artifact", words[0])
	}
	if len(words) > maxCommandWords || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, "\x00") }) {
		c.refuse(OutOfRange, path, fmt.Sprintf("must be at most %d words without a zero byte", maxCommandWords))
	}
}

func (c *checker) environment() {
	total := 0
	for _, name := range sortedKeys(c.doc.Env) {
		total += len(name) + len(c.doc.Env[name])
		at := []string{"env", name}
		switch {
		case !envShape.MatchString(name):
			c.refuse(OutOfRange, at, "a variable's name is of A-Z, a-z, 0-9 and _, not beginning with a digit")
		case reservedName.MatchString(name):
			c.refuse(OutOfRange, at, "SLIPWAY_*, PORT and PORT_* are given by the platform")
		}
		if strings.Contains(c.doc.Env[name], "\x00") {
			c.refuse(OutOfRange, at, "must not hold a zero byte")
		}
	}
	if total > maxEnvBytes {
		c.refuse(OutOfRange, []string{"env"}, "must be at most "+formatBytes(maxEnvBytes)+" together")
	}
}

func (c *checker) files() {
	total, first := 0, map[string]int{}
	for i, f := range c.doc.Files {
		total += len(f.Content)
		at := []string{"files", fmt.Sprint(i)}
		if !inside(f.Path) {
			c.refuseText(OutOfRange, below(at, "path"), "must be a path below the work folder", f.Path)
		}
		if !modeShape.MatchString(f.Mode) {
			c.refuseText(OutOfRange, below(at, "mode"), `must be permission bits in octal, such as "0444"`, f.Mode)
		}
		if j, twice := first[path.Clean(f.Path)]; twice {
			c.refuseText(Exclusive, below(at, "path"), fmt.Sprintf("files[%d] has the same path", j), f.Path)
			continue
		}
		first[path.Clean(f.Path)] = i
	}
	if total > maxFilesBytes {
		c.refuse(OutOfRange, []string{"files"}, "must be at most "+formatBytes(maxFilesBytes)+" together")
	}
}

// inside says whether p stays below the folder it is relative to.
func inside(p string) bool {
	clean := path.Clean(p)
	return p != "" && len(p) <= 4096 && !path.IsAbs(p) && clean != ".." && !strings.HasPrefix(clean, "../") && !strings.Contains(p, "\x00")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
