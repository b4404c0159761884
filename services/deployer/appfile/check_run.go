package appfile

import (
	"fmt"
	"strings"

	"slipway.dev/events"
)

const (
	leastMemory     = 6 << 20 // what placement can count and a kernel can hold
	hourMs          = 3_600_000
	dayMs           = 24 * hourMs
	leastIntervalMs = 100
	maxRuns         = 20 // successes or failures a check may ask for
	maxFailures     = 100
	maxRetries      = 10
)

func (c *checker) capacity() {
	r, l := c.doc.Resources, c.doc.Limits
	c.within(r.CPUMilli, span{0, maxCPU, formatMilli}, "resources", "cpu")
	c.within(r.MemoryBytes, span{leastMemory, maxSize, formatBytes}, "resources", "memory")
	c.atLeast(l.MemoryBytes, r.MemoryBytes, formatBytes, "limits", "memory")
	c.atLeast(l.CPUMilli, r.CPUMilli, formatMilli, "limits", "cpu")
	c.within(l.Pids, span{1, maxCount, formatCount}, "limits", "pids")
	c.within(l.Files, span{16, 1 << 20, formatCount}, "limits", "files")
	h := l.HTTP
	c.positive(h.RequestMs, maxDuration, formatMs, "limits", "http", "request")
	c.positive(h.ResponseMs, maxDuration, formatMs, "limits", "http", "response")
	c.positive(h.DialMs, maxDuration, formatMs, "limits", "http", "dial")
	c.positive(h.BodyBytes, maxSize, formatBytes, "limits", "http", "body")
	c.positive(h.BodySilenceMs, maxDuration, formatMs, "limits", "http", "bodySilence")
	c.positive(h.StreamIdleMs, maxDuration, formatMs, "limits", "http", "streamIdle")
	c.positive(h.InFlight, maxCount, formatCount, "limits", "http", "inFlight")
}

// atLeast: a limit that is written is not below its reservation.
func (c *checker) atLeast(limit, reserved int64, write func(int64) string, path ...string) {
	if limit == 0 && !c.written(path) || limit >= reserved && limit != 0 {
		return
	}
	c.add(Violation{Code: OutOfRange, path: path, got: write(limit),
		message: fmt.Sprintf("must be at least its reservation, resources.%s is %s", path[len(path)-1], write(reserved))})
}

func (c *checker) health() {
	h := c.doc.Health
	c.oneHealth(h.Ready, true, "health", "ready")
	if h.Live != nil {
		c.oneHealth(*h.Live, false, "health", "live")
	}
	c.within(h.StartupMs, span{1, dayMs, formatMs}, "health", "startup")
	c.within(h.MinReadyMs, span{0, hourMs, formatMs}, "health", "minReady")
}

func (c *checker) oneHealth(h events.HealthCheck, mayBeAlive bool, path ...string) {
	switch h.Kind {
	case events.CheckHTTP:
		if !strings.HasPrefix(h.Path, "/") || strings.ContainsAny(h.Path, " \r\n\x00") {
			c.refuseText(OutOfRange, below(path, "http"), "must be a path such as /healthz", h.Path)
		}
		c.checkPort(h.Port, path)
	case events.CheckTCP:
		c.checkPort(h.Port, path)
	case events.CheckExec:
		c.argv(h.Command, true, below(path, "exec")...)
	case events.CheckAlive:
		if !mayBeAlive && !c.local { // of a file it is told where the check is read
			c.refuse(Missing, path, "needs one of http, tcp, exec")
		}
	default:
		c.refuseText(NotOneOf, path, "must be one of http, tcp, exec", h.Kind)
	}
	c.within(h.IntervalMs, span{leastIntervalMs, dayMs, formatMs}, below(path, "interval")...)
	c.within(h.TimeoutMs, span{1, hourMs, formatMs}, below(path, "timeout")...)
	c.within(int64(h.Rise), span{1, maxRuns, formatCount}, below(path, "rise")...)
	c.within(int64(h.Fall), span{1, maxRuns, formatCount}, below(path, "fall")...)
}

func (c *checker) checkPort(name string, path []string) {
	if _, ok := c.doc.Ports[name]; ok {
		return
	}
	known := sortedKeys(c.doc.Ports)
	if len(known) == 0 {
		c.refuse(Missing, []string{"ports"}, "needs a port: "+join(path)+" asks one")
		return
	}
	c.add(Violation{Code: NotOneOf, path: below(path, "port"), message: "must be a port of the app: " + list(known),
		got: name, quoted: true, allowed: known})
}

func (c *checker) stopping() {
	s, r := c.doc.Stop, c.doc.Restart
	c.within(s.DrainMs, span{0, hourMs, formatMs}, "stop", "drain")
	c.within(s.GraceMs, span{0, hourMs, formatMs}, "stop", "grace")
	c.word(s.Signal, "stop", "signal")
	c.word(r.When, "restart", "when")
	c.within(r.BackoffMinMs, span{1, dayMs, formatMs}, "restart", "backoff", "min")
	if r.BackoffMaxMs < r.BackoffMinMs || r.BackoffMaxMs > dayMs {
		c.add(Violation{Code: OutOfRange, path: []string{"restart", "backoff", "max"}, got: formatMs(r.BackoffMaxMs),
			message: "must be between min, " + formatMs(r.BackoffMinMs) + ", and " + formatMs(dayMs)})
	}
	c.within(int64(r.GiveUpFailures), span{1, maxFailures, formatCount}, "restart", "giveUp", "failures")
	c.within(r.GiveUpWithinMs, span{1000, dayMs, formatMs}, "restart", "giveUp", "within")
	if h := c.doc.Hooks.PreDeploy; h != nil {
		at := []string{"hooks", "preDeploy"}
		c.argv(h.Command, true, below(at, "command")...)
		c.within(h.TimeoutMs, span{1, dayMs, formatMs}, below(at, "timeout")...)
		c.within(int64(h.Retries), span{0, maxRetries, formatCount}, below(at, "retries")...)
	}
}
