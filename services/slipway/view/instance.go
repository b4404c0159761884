package view

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"slipway.dev/events"
)

// Instance is one item of InstanceList.
type Instance struct {
	ID        string `json:"id"`
	App       string `json:"app"`
	Release   int    `json:"release"`
	Version   string `json:"version"`
	Node      string `json:"node"`
	Driver    string `json:"driver"`
	State     string `json:"state"`
	Reason    string `json:"reason,omitempty"`
	Address   string `json:"address,omitempty"`
	Pid       int    `json:"pid,omitempty"`
	Container string `json:"container,omitempty"`
	Restarts  int    `json:"restarts"`
	StartedAt Time   `json:"startedAt,omitzero"`
	ReadyAt   Time   `json:"readyAt,omitzero"`
	ExitCode  *int   `json:"exitCode,omitempty"`

	since Time
	tail  []string // its last lines, as its node told them when it ended
}

// Name is the instance's id.
func (i Instance) Name() string { return i.ID }

// Ended tells whether it will never run again.
func (i Instance) Ended() bool {
	switch i.State {
	case "stopped", "completed", "failed", "lost", "cancelled":
		return true
	}
	return false
}

// Tail is its last lines, as its node told them when it ended.
func (i Instance) Tail() []string { return i.tail }

// Since is when its state last changed.
func (i Instance) Since() Time { return i.since }

// foldInstance keeps what an instance's facts tell, after it has ended too.
func (l *Log) foldInstance(e events.Event) {
	if d, ok := e.Data.(events.AssignmentRequested); ok {
		l.instances[d.Instance] = &Instance{
			ID: d.Instance, App: d.App, Release: d.Release, Driver: d.Driver,
			Version: l.version(d.App, d.Release), State: "requested", since: Time{e.At()},
		}
		return
	}
	i := l.instances[e.Instance()]
	if i == nil {
		return
	}
	switch e.Kind.Entity {
	case "placement":
		i.foldPlacement(e)
	case "instance":
		i.foldRun(e)
	}
}

func (i *Instance) foldPlacement(e events.Event) {
	i.since, i.Reason = Time{e.At()}, ""
	switch d := e.Data.(type) {
	case events.PlacementPlaced:
		i.Node, i.State = d.Node, "placed"
	case events.PlacementBlocked:
		i.State, i.Reason = "blocked", d.Lacks
	case events.PlacementCancelled:
		i.State = "stopped"
	case events.PlacementEvacuated:
		i.State, i.Reason = "lost", e.Reason
	}
}

func (i *Instance) foldRun(e events.Event) {
	i.State, i.since, i.Reason = e.Kind.Happened, Time{e.At()}, e.Reason
	switch d := e.Data.(type) {
	case events.InstanceFetchFailed:
		i.State = "fetching"
	case events.InstanceStarting:
		i.Restarts, i.ReadyAt = max(d.Try-1, 0), Time{}
	case events.InstanceStarted:
		i.Pid, i.Container, i.Address, i.StartedAt = d.Pid, d.Container, d.Address, Time{e.At()}
	case events.InstanceAdopted:
		i.State = "started"
		i.Pid = cmp.Or(d.Pid, i.Pid)
	case events.InstanceReady:
		i.ReadyAt = Time{e.At()}
	case events.InstanceExited:
		i.ended(d.Code, d.Tail)
	case events.InstanceFailed:
		i.ended(d.Code, d.Tail)
	case events.InstanceStopped:
		i.ended(d.Code, nil)
	case events.InstanceCompleted:
		i.ended(0, nil)
	}
}

func (i *Instance) ended(code int, tail []string) {
	i.ExitCode, i.Pid = &code, 0
	if len(tail) > 0 {
		i.tail = tail
	}
}

// Instances are an app's instances, or all apps' for "": those that have not ended,
// or all the log tells of; by app, release, id.
func (l *Log) Instances(app string, ended bool) (list []Instance) {
	apps := []string{app}
	if app == "" {
		apps = l.core.Machines()[appMachine].Keys()
	}
	for _, name := range apps {
		if a, _ := l.state(name); a != nil {
			list = append(list, living(a)...)
		}
	}
	if ended {
		list = append(list, l.past(app)...)
	}
	slices.SortFunc(list, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.Release, b.Release), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// past are the instances that the deployer has forgotten because they ended.
func (l *Log) past(app string) (list []Instance) {
	for _, i := range l.instances {
		if app != "" && i.App != app {
			continue
		}
		if a, _ := l.state(i.App); a == nil || a.Instances[i.ID] == nil {
			list = append(list, *i)
		}
	}
	return list
}

// Instance is one instance, ended or not.
func (l *Log) Instance(id string) (Instance, bool) {
	id = lastPart(id)
	was, known := l.instances[id]
	if a, _ := l.state(AppOfID(id)); a != nil && a.Instances[id] != nil {
		i := instanceIn(a, a.Instances[id])
		if known {
			i.tail = was.tail
		}
		return i, true
	}
	if !known {
		return Instance{}, false
	}
	return *was, true
}

// AppOfID is the app in an instance's id: web of web-7-a1; empty if there is none.
func AppOfID(id string) string {
	parts := strings.Split(id, "-")
	if len(parts) < 3 {
		return ""
	}
	return strings.Join(parts[:len(parts)-2], "-")
}

// ReleaseOfID is the release in an instance's id: 7 of web-7-a1; 0 if there is none.
func ReleaseOfID(id string) int {
	parts := strings.Split(id, "-")
	if len(parts) < 3 {
		return 0
	}
	n, err := strconv.Atoi(parts[len(parts)-2])
	if err != nil {
		return 0
	}
	return n
}
