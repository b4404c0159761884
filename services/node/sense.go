package node

import (
	"slipway.dev/events"
	"slipway.dev/pkg/drill"
)

// What the hands tell. All of it is hearsay: losing one may cost time, never truth.
type (
	// Boot is their first word: what this start of the agent is, and the machine it found.
	Boot struct {
		Nonce       string   // made by this start
		FirstPort   int      // ports are allotted from here on; 0: where they were
		Arch, Os    string   // amd64, linux
		Version     string   // of the agent
		Pid         int      // of the agent
		Drivers     []string // process, docker
		Isolation   []string // what they enforce, in words
		CPUMilli    int64    // the machine's, where the config names none
		MemoryBytes int64    // the machine's, where the config names none
	}

	// Listed is all the drivers can prove they started. The first one of a boot comes before anything is decided.
	Listed struct {
		First bool
		Found []Found
	}
	// Found is one line of a listing.
	Found struct {
		ID      string
		Try     int
		Pid     int
		Running bool
		Ended   *Ended // of one that does not run
	}

	// Content says that an instance's content is here and verified.
	Content struct {
		ID     string
		TookMs int64
	}
	// ContentFailed says why it is not. Failures names the attempt it answers: how many failed before it.
	ContentFailed struct {
		ID       string
		Failures int
		Final    bool
		Reason   string
	}

	// Running says that a try runs.
	Running struct {
		ID       string
		Try      int
		Pid      int
		Warnings []string
	}
	// Ended says that a try ended, or could not begin.
	Ended struct {
		ID     string
		Try    int
		Code   int // -1: by a signal, or nobody knows
		Signal string
		Oom    bool
		Reason string // one of the Reason words, with numbers where there are any; empty for a plain exit
		Final  bool   // no retry can mend it
		Tail   []string
	}
	// Checked is the outcome of one run of a check.
	Checked struct {
		ID          string
		Try         int
		Live        bool // the live check; otherwise the ready check
		OK          bool
		Consecutive int // how many in a row had this outcome, from 1
		Reason      string
	}
	// Confirmed says that an instance is stopped for good: nothing of it runs and nothing ever will.
	Confirmed struct {
		ID     string
		Code   int
		Killed bool
		TookMs int64
	}
	// Leave asks the agent to go; the workloads go along where the config says so.
	Leave struct{}
)

// Reasons of Ended the decider knows; the drivers' words.
const (
	ReasonAddressInUse = "address in use"
	ReasonLost         = "its keeper ended without a word"
	ReasonBooted       = "the machine started anew"
)

// world is what was sensed in this boot.
type world struct {
	boot    *Boot
	leaving bool
	seen    map[string]*seen // by instance
}

// seen is what was sensed of one instance.
type seen struct {
	content     *Content
	noContent   *ContentFailed
	running     *Running
	ended       *Ended
	ready, live Checked
	confirmed   *Confirmed

	listed *Found // in the last listing
	absent int    // listings in a row without it
	extra  int    // listings in a row in which it ran
}

// sure is how many listings in a row must agree: one may have been taken before an act and told after it.
const sure = 2

// nothing stands for an instance of which nothing was sensed.
var nothing = &seen{}

func (w *world) of(id string) *seen {
	if x, ok := w.seen[id]; ok {
		return x
	}
	return nothing
}

func (w *world) at(id string) *seen {
	if w.seen == nil {
		w.seen = map[string]*seen{}
	}
	x, ok := w.seen[id]
	if !ok {
		x = &seen{}
		w.seen[id] = x
	}
	return x
}

// sense hears the hands, and touches whom that concerns.
func (s *State) sense(data any) {
	s.world.Get().sense(s, data)
	t := s.rows.Get()
	switch d := data.(type) {
	case Content:
		t.touch(d.ID)
	case ContentFailed:
		t.touch(d.ID)
	case Running:
		t.touch(d.ID)
	case Ended:
		t.touch(d.ID)
	case Checked:
		t.touch(d.ID)
	case Confirmed:
		t.touch(d.ID)
	case drill.Done:
	default:
		t.touchAll()
	}
}

func (w *world) sense(s *State, data any) {
	switch d := data.(type) {
	case Boot: // what an earlier boot sensed is over
		if w.boot != nil && w.boot.Nonce != d.Nonce {
			*w = world{}
		}
		w.boot = &d
	case Leave:
		w.leaving = true
	case Listed:
		w.list(s, d)
	case Content:
		w.at(d.ID).content = &d
	case ContentFailed:
		w.at(d.ID).noContent = &d
	case Running:
		w.at(d.ID).running, w.at(d.ID).absent = &d, 0
	case Ended:
		w.at(d.ID).end(d)
	case Checked:
		w.at(d.ID).check(d)
	case Confirmed:
		w.at(d.ID).confirmed, w.at(d.ID).extra = &d, 0
	}
}

// end keeps the end of the latest try; the first word about a try stands.
func (x *seen) end(d Ended) {
	x.extra = 0
	if x.ended == nil || d.Try > x.ended.Try {
		x.ended = &d
	}
}

func (x *seen) check(d Checked) {
	if d.Live {
		x.live = d
	} else {
		x.ready = d
	}
}

func (w *world) list(s *State, d Listed) {
	more := 1
	if d.First {
		more = sure
	}
	for id := range s.Instances {
		w.at(id)
	}
	for _, f := range d.Found {
		w.at(f.ID)
	}
	for _, x := range w.seen {
		x.listed = nil
	}
	for _, f := range d.Found {
		x := w.seen[f.ID]
		x.listed, x.absent = &f, 0
		if f.Ended != nil {
			x.end(*f.Ended)
		}
		if f.Running {
			x.extra += more
		}
	}
	for id, x := range w.seen {
		if x.listed != nil {
			continue
		}
		x.absent, x.extra = x.absent+more, 0
		if s.Instances[id] == nil && s.Extras[id] == nil {
			delete(w.seen, id)
		}
	}
}

// hears tells that a signal is one of ours.
func hears(data any) bool {
	switch data.(type) {
	case Boot, Leave, Listed, Content, ContentFailed, Running, Ended, Checked, Confirmed, drill.Done:
		return true
	}
	return false
}

// describe is the node as its config and this boot show it.
func describe(c Config, b Boot) events.NodeDescription {
	d := events.NodeDescription{
		Address: c.Address, Zone: c.Zone, Labels: c.Labels, CPUMilli: c.CPUMilli, MemoryBytes: c.MemoryBytes,
		Arch: b.Arch, Os: b.Os, Drivers: b.Drivers, Isolation: b.Isolation, Version: b.Version, Pid: b.Pid,
	}
	if d.CPUMilli == 0 {
		d.CPUMilli = b.CPUMilli
	}
	if d.MemoryBytes == 0 {
		d.MemoryBytes = b.MemoryBytes
	}
	return d
}
