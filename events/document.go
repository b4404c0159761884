package events

// Document is one application as declared and resolved: units are whole numbers,
// defaults are filled in, artifacts are named by digest. It is what app.declared
// carries and restates whole, so nothing is ever read back from a wish. A field
// tagged steers changes what the platform does with the instances, not the
// instances themselves, so it needs no new release.
type Document struct {
	// Name of the app; it never changes: another name is another app.
	Name string `json:"name" steers:"true"`
	// Labels are words for people and selectors.
	Labels map[string]string `json:"labels,omitempty" steers:"true"`
	// Version is what people call this revision; it says nothing about order.
	Version string `json:"version"`
	// Driver that runs the instances: process.
	Driver string `json:"driver"`
	// Artifact that is run; absent where command names a program of the node.
	Artifact *Artifact `json:"artifact,omitempty"`
	// Command is argv, without a shell; empty runs the artifact itself.
	Command []string `json:"command,omitempty"`
	// Workdir is a folder inside the artifact; empty is its root.
	Workdir string `json:"workdir,omitempty"`
	// User the instance runs as; empty is the node's workload user.
	User string `json:"user,omitempty"`
	// Replicas wanted; not used with perNode.
	Replicas int `json:"replicas" steers:"true"`
	// PerNode asks for one instance on each eligible node.
	PerNode bool `json:"perNode,omitempty" steers:"true"`
	// Env is the app's own environment.
	Env map[string]string `json:"env,omitempty"`
	// Files are written below the work folder before each start.
	Files []SpecFile `json:"files,omitempty"`
	// Ports by name.
	Ports map[string]DeclaredPort `json:"ports,omitempty"`
	// Volumes by name.
	Volumes map[string]SpecVolume `json:"volumes,omitempty"`
	// Uses names the apps it calls: each instance is told where, in <NAME>_URL.
	Uses []string `json:"uses,omitempty"`
	// External says that endpoints offered from outside serve the app too; then it needs
	// no program of its own.
	External bool `json:"external,omitempty" steers:"true"`
	// Balance is how a gateway picks an endpoint: least-request, round-robin, weighted, p2c or hash.
	Balance string `json:"balance" steers:"true"`
	TrafficPolicy
	// Resources reserved for each instance.
	Resources Resources `json:"resources"`
	// Limits an instance never exceeds.
	Limits DeclaredLimits `json:"limits"`
	// Health says when an instance is ready, alive and available.
	Health Health `json:"health"`
	// Stop says how an instance is ended.
	Stop StopPolicy `json:"stop"`
	// Restart says what follows an exit.
	Restart RestartPolicy `json:"restart"`
	// Placement says where instances may and should run.
	Placement Placement `json:"placement" steers:"true"`
	// Hooks run once beside a release.
	Hooks Hooks `json:"hooks"`
	// Deploy says how a release replaces another.
	Deploy DeployPolicy `json:"deploy" steers:"true"`
	// Drift says what to do where the world differs from the state: repair, report or ignore.
	Drift string `json:"drift" steers:"true"`
}

// Words of a document that stand for one thing each.
const (
	DriverProcess = "process"

	BalanceLeastRequest = "least-request"
	BalanceRoundRobin   = "round-robin"
	BalanceWeighted     = "weighted"
	BalanceP2C          = "p2c"
	BalanceHash         = "hash"

	DriftRepair = "repair"
	DriftReport = "report"
	DriftIgnore = "ignore"
)

// Unlimited is the only way to write "no limit" where a limit is a number; zero means now.
const Unlimited = -1

// Spec is the part of the document that makes an instance: what release.planned
// carries to the nodes and what the revision is the digest of.
func (d Document) Spec() Spec {
	s := Spec{
		Version: d.Version, Driver: d.Driver, Artifact: d.Artifact, Command: d.Command,
		Workdir: d.Workdir, User: d.User, Env: d.Env, Files: d.Files, Volumes: d.Volumes,
		Resources: d.Resources, Limits: d.Limits.SpecLimits, Health: d.Health,
		Stop: d.Stop, Restart: d.Restart, Hooks: d.Hooks, Uses: d.Uses,
	}
	for name, port := range d.Ports {
		if s.Ports == nil {
			s.Ports = make(map[string]SpecPort, len(d.Ports))
		}
		s.Ports[name] = port.SpecPort
	}
	return s
}

// Revision is "sha256:" and the hex digest of what makes an instance. Steering
// fields do not change it.
func (d Document) Revision() string { return d.Spec().Revision() }

// Hash is "sha256:" and the hex digest of the whole document, steering included.
func (d Document) Hash() string { return digest(d) }

// SetArtifact fills in an uploaded artifact, and the version where none was written.
func (d *Document) SetArtifact(a Artifact) {
	d.Artifact = &a
	d.NameVersion()
}

// NameVersion gives a document without a version one: 12 hex digits of its
// artifact's digest, or of its revision where it has none.
func (d *Document) NameVersion() {
	if d.Version != "" {
		return
	}
	from := ""
	if d.Artifact != nil {
		from = d.Artifact.SHA256
	} else {
		from = d.Revision()[len(digestPrefix):]
	}
	d.Version = from[:min(len(from), shortDigest)]
}

// HasHTTP says whether a gateway routes to the app, from outside or for other apps
// alone, so that traffic must settle before an instance may go.
func (d Document) HasHTTP() bool {
	if d.MeshPort() != "" {
		return true
	}
	for _, p := range d.Ports {
		if p.Routed() {
			return true
		}
	}
	return false
}

// HasProgram says whether the app has something to run: an external app may have only
// the endpoints that others offer.
func (d Document) HasProgram() bool { return d.Artifact != nil || len(d.Command) > 0 }

// HasFixedPort says whether a port is fixed on the node, so that two instances
// cannot share one.
func (d Document) HasFixedPort() bool { return d.Spec().HasFixedPort() }

// DrainMs is how long requests in flight may take to end before an instance is stopped.
func (d Document) DrainMs() int64 { return d.Stop.DrainMs }
