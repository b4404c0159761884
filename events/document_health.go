package events

// Kinds of a health check.
const (
	CheckHTTP  = "http"
	CheckTCP   = "tcp"
	CheckExec  = "exec"
	CheckAlive = "alive" // the process runs
)

// When an ended instance is started again.
const (
	RestartAlways    = "always"
	RestartOnFailure = "on-failure"
	RestartNever     = "never"
)

// Health says when an instance is ready, alive and available.
type Health struct {
	// Ready decides whether the instance may serve.
	Ready HealthCheck `json:"ready"`
	// Live restarts the instance when it falls; absent: none.
	Live *HealthCheck `json:"live,omitempty"`
	// StartupMs is the time to the first ready.
	StartupMs int64 `json:"startupMs"`
	// MinReadyMs is how long ready must hold without a break before it counts as available.
	MinReadyMs int64 `json:"minReadyMs"`
}

// HealthCheck is one way to ask an instance.
type HealthCheck struct {
	// Kind is http, tcp, exec or alive.
	Kind string `json:"kind"`
	// Path asked by a check of kind http.
	Path string `json:"path,omitempty"`
	// Port by name, of kinds http and tcp.
	Port string `json:"port,omitempty"`
	// Command is argv of kind exec.
	Command []string `json:"command,omitempty"`
	// IntervalMs between two runs.
	IntervalMs int64 `json:"intervalMs"`
	// TimeoutMs of one run; a timeout is a failure.
	TimeoutMs int64 `json:"timeoutMs"`
	// Rise is the number of successes in a row that make it pass.
	Rise int `json:"rise"`
	// Fall is the number of failures in a row that make it fail.
	Fall int `json:"fall"`
}

// StopPolicy says how an instance is ended.
type StopPolicy struct {
	// DrainMs is how long requests in flight may take to end.
	DrainMs int64 `json:"drainMs"`
	// Signal sent to the main process, without SIG: TERM.
	Signal string `json:"signal"`
	// GraceMs between the signal and KILL.
	GraceMs int64 `json:"graceMs"`
}

// RestartPolicy says what follows an exit.
type RestartPolicy struct {
	// When is always, on-failure or never.
	When string `json:"when"`
	// BackoffMinMs before the first restart; it doubles with each failure.
	BackoffMinMs int64 `json:"backoffMinMs"`
	// BackoffMaxMs is the longest wait.
	BackoffMaxMs int64 `json:"backoffMaxMs"`
	// GiveUpFailures within giveUpWithinMs end the restarts.
	GiveUpFailures int `json:"giveUpFailures"`
	// GiveUpWithinMs is the window failures are counted in.
	GiveUpWithinMs int64 `json:"giveUpWithinMs"`
}

// Hooks are commands run once beside a release.
type Hooks struct {
	// PreDeploy runs before the first new instance; absent: none.
	PreDeploy *Hook `json:"preDeploy,omitempty"`
}

// Hook is one command with the new release's artifact and environment.
type Hook struct {
	// Command is argv, without a shell.
	Command []string `json:"command"`
	// TimeoutMs after which it counts as failed.
	TimeoutMs int64 `json:"timeoutMs"`
	// Retries after a failure.
	Retries int `json:"retries"`
}
