package live

import "time"

// Rollout is one app on its way to a release.
type Rollout struct {
	App      string
	Release  int    // 0: none is planned yet
	Strategy string // recreate, rolling, blue-green, canary
	State    string // progressing, paused, returning, promoted; another word is shown as it is

	Step, Of int       // the step it is in, of all; Of below 2: it has no steps
	Steps    []float64 // share of each step, the last one to all requests included

	Want     float64  // share of the requests it should have, 0 to 1
	Measured *float64 // share it has; nil: nothing was counted

	Elapsed time.Duration // since it was planned, or wished
	Gate    time.Duration // left of a timed pause; 0: it is in none
	Left    time.Duration // until it is given up without progress; 0: it cannot be now

	Releases []Release // the newest first
	Waits    []string  // what it waits for, in its owner's words
	Checks   []Check   // the last judgement of each
	Why      string    // reason of the release's last fact
	Trouble  string    // how its last failed instance ended
	Next     []string  // commands that a person may type now

	Requests, Failed int64 // since it was planned
	Counted          bool  // whether anybody has counted
	Over             bool  // nobody follows it any more
}

// Release is a release that serves or has instances.
type Release struct {
	Number    int
	Version   string
	Role      string // canary, new, stable, warm, old
	Live      bool   // it is the one on its way
	Errors    *float64
	P99       *float64 // milliseconds
	Instances []Instance
}

// Instance is one instance of a release.
type Instance struct {
	ID, Node, State, Reason string
	For                     time.Duration // since its state last changed
}

// Check is the last judgement of one check of an analysis.
type Check struct {
	Words   string // errors 4.0% > 1.0% over 30s, 2 of 3
	Verdict string // success, failure, inconclusive, no-data, error
}

// ready counts the instances that are ready, and the others by their state in the
// order in which they appear.
func (r Release) ready() (n int, others []count) {
	for _, i := range r.Instances {
		if i.State == "ready" {
			n++
			continue
		}
		others = add(others, i.State)
	}
	return n, others
}

// count is how many instances are in a state.
type count struct {
	state string
	n     int
}

func add(list []count, state string) []count {
	for i := range list {
		if list[i].state == state {
			list[i].n++
			return list
		}
	}
	return append(list, count{state, 1})
}

// readyShown instances at most are shown of a release on its way though they are ready.
const readyShown = 3

// notable are the instances worth a line of their own: what is not ready, and of the
// release on its way, while it has few, what is.
func (r Release) notable() (list []Instance) {
	for _, i := range r.Instances {
		if i.State != "ready" {
			list = append(list, i)
		}
	}
	for _, i := range r.Instances {
		if i.State == "ready" && r.Live && len(r.Instances) <= readyShown {
			list = append(list, i)
		}
	}
	return list
}
