package driver

import "io/fs"

// Spec is everything an instance is started from; nothing else of the node gets into it.
type Spec struct {
	ID      string // web-7-b3; never reused
	Try     int    // from 1; a restart on the same node raises it
	App     string
	Release int
	Version string
	Node    string

	Artifact Artifact // zero: only a command
	Command  []string // default: the artifact itself
	Workdir  string   // process: below the artifact's root; docker: absolute
	User     string   // name or uid, with ":group" or without; empty: the driver's default

	Env     map[string]string // the app's own, and where the apps are that it uses
	Files   []File
	Volumes []Volume
	Ports   map[string]int // port name → number the workload listens on, allotted by the decider
	Limits  Limits
}

// Artifact names content by its digest.
type Artifact struct {
	SHA256    string // 64 hex digits; of an image its digest without "sha256:"
	SizeBytes int64  // of a file its exact size
	Name      string // the file's own name, or the image's repository
}

// IsZero tells that there is none.
func (a Artifact) IsZero() bool { return a.SHA256 == "" }

// File is a small file the app file declares.
type File struct {
	Path    string // process: relative, below the workdir; docker: absolute
	Content string
	Mode    fs.FileMode // permission bits; 0 means 0444
}

// Volume is a folder that outlives a try, and unless it is scratch its instance too.
type Volume struct {
	Name    string // in the app
	Path    string // process: relative, below the workdir; docker: absolute
	Scratch bool   // the instance's alone, dropped when it stops
}

// Limits are hard bounds; 0 means the default for files and pids, and no bound for memory.
type Limits struct {
	Files       int   // open files of one process
	Pids        int   // processes of the instance
	MemoryBytes int64 // resident memory of all its processes together
}
