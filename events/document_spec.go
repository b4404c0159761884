package events

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
)

const (
	digestPrefix = "sha256:"
	shortDigest  = 12 // hex digits shown to people
)

// Spec is what makes an instance: everything of a Document that does not steer.
type Spec struct {
	// Version is what people call this revision, given to the instance as SLIPWAY_VERSION.
	Version string `json:"version"`
	// Driver that runs the instance: process.
	Driver string `json:"driver"`
	// Artifact that is run; absent where command names a program of the node.
	Artifact *Artifact `json:"artifact,omitempty"`
	// Command is argv, without a shell; empty runs the artifact itself.
	Command []string `json:"command,omitempty"`
	// Workdir is a folder inside the artifact; empty is its root.
	Workdir string `json:"workdir,omitempty"`
	// User the instance runs as; empty is the node's workload user.
	User string `json:"user,omitempty"`
	// Env is the app's own environment.
	Env map[string]string `json:"env,omitempty"`
	// Files are written below the work folder before each start.
	Files []SpecFile `json:"files,omitempty"`
	// Ports by name.
	Ports map[string]SpecPort `json:"ports,omitempty"`
	// Volumes by name.
	Volumes map[string]SpecVolume `json:"volumes,omitempty"`
	// Resources reserved for the instance.
	Resources Resources `json:"resources"`
	// Limits the instance never exceeds.
	Limits SpecLimits `json:"limits"`
	// Health says when the instance is ready, alive and available.
	Health Health `json:"health"`
	// Stop says how the instance is ended.
	Stop StopPolicy `json:"stop"`
	// Restart says what follows an exit.
	Restart RestartPolicy `json:"restart"`
	// Hooks run once beside the release.
	Hooks Hooks `json:"hooks"`
	// Uses names the apps the instance calls.
	Uses []string `json:"uses,omitempty"`
	// MeshPorts are the ports at which these apps are reached on every node, by name. They
	// are filled in when a release is planned, last as long as the apps and are no part of
	// the revision.
	MeshPorts map[string]int `json:"meshPorts,omitempty"`
}

// Artifact is what the process driver runs: one file, or an archive that is unpacked.
type Artifact struct {
	// SHA256 of the bytes, 64 hex digits; the object's name in the store.
	SHA256 string `json:"sha256"`
	// SizeBytes of the object.
	SizeBytes int64 `json:"sizeBytes" steers:"true"`
	// Name of the file as its owner calls it; .tar, .tar.gz and .tgz are unpacked.
	Name string `json:"name" steers:"true"`
}

// SpecFile is a small text file given to an instance.
type SpecFile struct {
	// Path below the work folder.
	Path string `json:"path"`
	// Content of the file.
	Content string `json:"content"`
	// Mode is the file's permission bits in octal: "0444".
	Mode string `json:"mode"`
}

// Resources are a reservation: what placement counts, and the weight under contention.
type Resources struct {
	// CPUMilli is reserved thousandths of a core.
	CPUMilli int64 `json:"cpuMilli"`
	// MemoryBytes reserved.
	MemoryBytes int64 `json:"memoryBytes"`
}

// SpecLimits are hard limits of an instance.
type SpecLimits struct {
	// MemoryBytes an instance may use before it is killed; absent: none written.
	MemoryBytes int64 `json:"memoryBytes,omitempty"`
	// CPUMilli an instance may use, thousandths of a core; absent: none written.
	CPUMilli int64 `json:"cpuMilli,omitempty"`
	// Pids is the number of processes and threads.
	Pids int64 `json:"pids"`
	// Files is the number of open files.
	Files int64 `json:"files"`
}

// Revision is "sha256:" and the hex digest of the spec's canonical JSON. Of the
// artifact only its digest counts: the same bytes under another name are the same.
func (s Spec) Revision() string {
	s.MeshPorts = nil
	if s.Artifact != nil {
		s.Artifact = &Artifact{SHA256: s.Artifact.SHA256}
	}
	return digest(s)
}

// PortNames are the names of the ports, sorted.
func (s Spec) PortNames() []string {
	names := make([]string, 0, len(s.Ports))
	for name := range s.Ports {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// MainPort is the port that PORT names: http, else the first by name, else "".
func (s Spec) MainPort() string {
	if _, ok := s.Ports[mainPort]; ok {
		return mainPort
	}
	if names := s.PortNames(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// HasFixedPort says whether a port is fixed on the node.
func (s Spec) HasFixedPort() bool {
	for _, p := range s.Ports {
		if p.HostPort != 0 {
			return true
		}
	}
	return false
}

// digest hashes the canonical JSON of v: keys sorted, no insignificant space.
func digest(v any) string {
	sum := sha256.Sum256(canonical(v))
	return digestPrefix + hex.EncodeToString(sum[:])
}

// canonical writes v twice: the second time as maps, whose keys encoding/json sorts.
// The structs of this package hold only strings, whole numbers and booleans, so
// neither pass can fail.
func canonical(v any) []byte {
	first, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshal %T: %v", v, err))
	}
	read := json.NewDecoder(bytes.NewReader(first))
	read.UseNumber()
	var loose any
	if err := read.Decode(&loose); err != nil {
		panic(fmt.Sprintf("read %T back: %v", v, err))
	}
	var out bytes.Buffer
	write := json.NewEncoder(&out)
	write.SetEscapeHTML(false)
	if err := write.Encode(loose); err != nil {
		panic(fmt.Sprintf("write %T: %v", v, err))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
