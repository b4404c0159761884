package simulation

import (
	"fmt"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
	"slipway.dev/services/node"
)

// machine is a node's world: processes that outlive the agent.
type machine struct {
	w       *sim.World
	name    string
	procs   map[string]*proc
	stopped map[string]bool // ids the driver refuses to start for ever
	ran     map[string]bool // id/try that ran: nothing starts twice
	boots   int
	acts    map[string]bool
	onStop  func(app, id string) // called before a process is ended on purpose
	pids    int
}

type proc struct {
	id, version string
	try, pid    int
	running     bool
	ended       *node.Ended
}

func newMachine(w *sim.World, name string, onStop func(app, id string)) *machine {
	return &machine{w: w, name: name, procs: map[string]*proc{}, stopped: map[string]bool{}, ran: map[string]bool{}, onStop: onStop}
}

// Boot begins a life of the agent with a full listing.
func (m *machine) Boot(h *sim.Host) {
	m.boots++
	m.acts = map[string]bool{}
	life := h.Incarnation()
	h.Sense(life, node.Boot{Nonce: fmt.Sprintf("%s-%d", m.name, m.boots), Arch: "amd64", Os: "linux", Drivers: []string{"process"}, CPUMilli: 8000, MemoryBytes: 8 << 30})
	h.Sense(life, m.listing(true))
	m.every(h, life, 500*time.Millisecond, func() bool { h.Sense(life, m.listing(false)); return true })
}

func (m *machine) every(h *sim.Host, life int, d time.Duration, f func() bool) {
	m.w.After(d, func() {
		if h.Incarnation() == life && f() {
			m.every(h, life, d, f)
		}
	})
}

func (m *machine) listing(first bool) node.Listed {
	l := node.Listed{First: first}
	for _, id := range service.Sorted(m.procs) {
		p := m.procs[id]
		l.Found = append(l.Found, node.Found{ID: p.id, Try: p.try, Pid: p.pid, Running: p.running, Ended: p.ended})
	}
	return l
}

// Crash ends the agent; what it started runs on.
func (m *machine) Crash(*sim.Host) { m.acts = map[string]bool{} }

// Cancel ends an act that goes on by itself.
func (m *machine) Cancel(_ *sim.Host, id string) { delete(m.acts, id) }

// Do does one act of the node's decider.
func (m *machine) Do(h *sim.Host, a service.Act) {
	life := h.Incarnation()
	m.acts[a.ID] = true
	soon := func(f func()) {
		m.w.After(time.Duration(1+m.w.Rand().IntN(40))*time.Millisecond, func() {
			if h.Incarnation() == life && m.acts[a.ID] {
				f()
				h.Done(life, a.ID)
			}
		})
	}
	switch d := a.Data.(type) {
	case node.Lease:
		m.lease(h, life, a.ID, d)
	case node.Fetch:
		soon(func() { h.Sense(life, node.Content{ID: d.ID, TookMs: 5}) })
	case node.Start:
		soon(func() { m.start(h, life, d) })
	case node.Watch:
		m.watch(h, life, a.ID, d)
	case node.Halt:
		soon(func() { m.halt(h, life, d) })
	case node.Stop:
		soon(func() { m.stop(h, life, d) })
	case node.Remove:
		soon(func() {
			if p := m.procs[d.ID]; p != nil && !p.running {
				delete(m.procs, d.ID)
			}
		})
	}
}

func (m *machine) lease(h *sim.Host, life int, id string, d node.Lease) {
	n := uint64(0)
	renew := func() bool {
		n++
		if m.acts[id] && !h.Cut() {
			m.w.Lease("node", m.name, events.LeaseBody{Incarnation: d.Incarnation, N: n})
		}
		return m.acts[id]
	}
	renew()
	m.every(h, life, events.LeaseEvery, renew)
}

func (m *machine) start(h *sim.Host, life int, d node.Start) {
	key := fmt.Sprintf("%s/%d", d.ID, d.Try)
	if p := m.procs[d.ID]; p != nil && p.try == d.Try { // the same try again: what became of it
		m.tell(h, life, p)
		return
	}
	switch {
	case m.stopped[d.ID]:
		h.Sense(life, node.Ended{ID: d.ID, Try: d.Try, Code: -1, Reason: "it was stopped for good", Final: true})
		return
	case m.ran[key]:
		m.w.Fail("%s: %s runs twice", m.name, key)
	case m.procs[d.ID] != nil && m.procs[d.ID].running:
		m.w.Fail("%s: try %d of %s starts beside try %d", m.name, d.Try, d.ID, m.procs[d.ID].try)
	}
	m.ran[key] = true
	m.pids++
	p := &proc{id: d.ID, version: d.Spec.Version, try: d.Try, pid: m.pids, running: true}
	m.procs[d.ID] = p
	m.tell(h, life, p)
	if strings.HasPrefix(p.version, "crash") {
		m.w.After(200*time.Millisecond, func() { m.die(h, p, 3, "") })
	}
	if strings.Contains(d.ID, "-h") { // a hook completes
		m.w.After(50*time.Millisecond, func() { m.die(h, p, 0, "") })
	}
}

func (m *machine) tell(h *sim.Host, life int, p *proc) {
	if p.running {
		h.Sense(life, node.Running{ID: p.id, Try: p.try, Pid: p.pid})
		return
	}
	if p.ended != nil {
		h.Sense(life, *p.ended)
	}
}

// die ends a process without anybody having asked.
func (m *machine) die(h *sim.Host, p *proc, code int, signal string) {
	if !p.running {
		return
	}
	p.running = false
	p.ended = &node.Ended{ID: p.id, Try: p.try, Code: code, Signal: signal, Tail: []string{"panic: " + p.version}}
	h.Sense(h.Incarnation(), *p.ended)
}

func (m *machine) halt(h *sim.Host, life int, d node.Halt) {
	if p := m.procs[d.ID]; p != nil && p.try == d.Try {
		if p.running {
			p.running = false
			p.ended = &node.Ended{ID: p.id, Try: p.try, Code: -1, Signal: "TERM"}
		}
		m.tell(h, life, p)
	}
}

func (m *machine) stop(h *sim.Host, life int, d node.Stop) {
	m.stopped[d.ID] = true
	if p := m.procs[d.ID]; p != nil && p.running {
		m.onStop(d.ID[:strings.LastIndex(d.ID[:strings.LastIndex(d.ID, "-")], "-")], d.ID)
		p.running = false
		p.ended = &node.Ended{ID: p.id, Try: p.try, Code: 0}
	}
	h.Sense(life, node.Confirmed{ID: d.ID, TookMs: 10})
}

func (m *machine) watch(h *sim.Host, life int, id string, d node.Watch) {
	good, bad := 0, 0
	run := func() bool {
		p := m.procs[d.ID]
		if !m.acts[id] || p == nil || p.try != d.Try {
			return false
		}
		ok := p.running && !strings.HasPrefix(p.version, "bad")
		if ok {
			good, bad = good+1, 0
		} else {
			good, bad = 0, bad+1
		}
		h.Sense(life, node.Checked{ID: d.ID, Try: d.Try, OK: ok, Consecutive: max(good, bad), Reason: "connection refused"})
		return true
	}
	m.w.After(10*time.Millisecond, func() {
		if h.Incarnation() == life {
			run()
		}
	})
	m.every(h, life, time.Duration(max(d.Ready.IntervalMs, 100))*time.Millisecond, run)
}

// running tells whether an instance's process runs.
func (m *machine) running(id string) bool { p := m.procs[id]; return p != nil && p.running }
