package proxy

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// HealthPath is answered by the server itself, for whoever is in front of it.
const HealthPath = "/.slipway/healthz"

// State is the gateway's own, as its health path tells it.
type State string

// The states. Only Live answers 200.
const (
	Starting State = "starting"
	Live     State = "live"
	CutOff   State = "cutOff" // without the log: what is served may be old
	Draining State = "draining"
)

// health is the state and since when it stands.
type health struct{ now atomic.Pointer[standing] }

type standing struct {
	state State
	since time.Time
}

func (h *health) set(s State) {
	if was := h.now.Load(); was == nil || was.state != s {
		h.now.Store(&standing{s, time.Now()})
	}
}

func (h *health) state() State { return h.now.Load().state }

func (h *health) answer(w http.ResponseWriter) {
	at := h.now.Load()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	status := http.StatusOK
	if at.state != Live {
		status = http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, "{%q:true,\"forMs\":%d}\n", at.state, time.Since(at.since).Milliseconds())
}
