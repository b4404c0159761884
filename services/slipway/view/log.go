package view

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/deployer/placer"
)

// Machines of the deployer service, in the order it makes them.
const (
	appMachine = iota
	placerMachine
)

// Log is the fold of SLIPWAY_EVENTS up to a position.
type Log struct {
	cfg  deployer.Config
	core *service.Core

	releases  map[string]map[int]*Record // by app and number
	instances map[string]*Instance       // by id, ended ones too
	nodes     map[string]*machine
	gateways  map[string]*entrance
	declared  map[string]map[int]events.Event // app.declared by app and declaration
	facts     map[string]Fact                 // by id
	last      map[string]string               // id of the last fact by CloudEvents subject and entity
	letters   map[string]Standing             // parked, by participant and position

	// Unread counts the events that could not be read.
	Unread int
}

// NewLog is the fold before the first event, of the whole log or of a part of it: all
// about some apps, and what concerns no app. Of those apps the part tells what the whole
// tells; it places nothing, since who places hears of every app.
func NewLog(cfg deployer.Config) *Log {
	l := &Log{
		cfg: cfg, core: service.NewCore(deployer.Service(cfg)),
		releases: map[string]map[int]*Record{}, instances: map[string]*Instance{},
		nodes: map[string]*machine{}, gateways: map[string]*entrance{},
		declared: map[string]map[int]events.Event{}, facts: map[string]Fact{}, last: map[string]string{}, letters: map[string]Standing{},
	}
	l.core.LooksOn()
	return l
}

// Hear folds one message of the log and returns it as an event. One that cannot be
// read is counted, and told by ok.
func (l *Log) Hear(m service.Message) (e events.Event, ok bool) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		l.Unread++
		l.overlook(m, e.Ordinal)
		return e, false
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	l.Fold(e)
	return e, true
}

// overlook passes what cannot be read: who only looks on stops at nothing.
func (l *Log) overlook(m service.Message, ordinal uint64) {
	kind, app, place, err := events.ParseSubject(m.Subject)
	if err != nil || !l.core.HearsOwner(kind.Owner) {
		l.core.Skip(m.Pos)
		return
	}
	l.core.Overlook(events.Event{Kind: kind, App: app, Place: place, Pos: m.Pos, Ordinal: ordinal})
}

// Fold folds one event, whose data must be decoded.
func (l *Log) Fold(e events.Event) {
	if l.core.HearsOwner(e.Kind.Owner) {
		l.core.Hear(e)
	} else {
		l.core.Skip(e.Pos)
	}
	l.note(e)
	l.foldInstance(e)
	l.foldFleet(e)
	l.foldLetter(e)
	l.foldRecord(e)
}

// Position is up to where the log is folded.
func (l *Log) Position() events.Position { return l.core.Position() }

// Apps are the names of all apps that were ever declared, sorted.
func (l *Log) Apps() (names []string) {
	for _, name := range l.core.Machines()[appMachine].Keys() {
		if a, _ := l.state(name); a.Declared > 0 {
			names = append(names, name)
		}
	}
	return names
}

// App is an app's state and the fleet's; nil for one nobody has declared.
func (l *Log) App(name string) (*deployer.App, *deployer.Fleet) {
	a, f := l.state(name)
	if a == nil || a.Declared == 0 && a.Last == 0 { // one may be refused before it is declared
		return nil, f
	}
	return a, f
}

func (l *Log) state(name string) (*deployer.App, *deployer.Fleet) {
	return service.StateOf[deployer.App, deployer.Fleet](l.core.Machines()[appMachine], name)
}

// cluster is the placer's state.
func (l *Log) cluster() *placer.Cluster {
	c, _ := service.StateOf[placer.Cluster, placer.Ear](l.core.Machines()[placerMachine], placer.Key)
	if c == nil {
		c = placer.NewCluster()
	}
	return c
}

// read looks at an app at a moment.
func (l *Log) read(a *deployer.App, f *deployer.Fleet, now time.Time) deployer.Reading {
	return deployer.Read(configOf(l.cfg, a), a, f, now)
}

// Read looks at an app at a moment; one nobody has declared is new.
func (l *Log) Read(app string, now time.Time) deployer.Reading {
	a, f := l.App(app)
	if a == nil {
		a = deployer.NewApp(app)
	}
	return l.read(a, f, now)
}

// Waits is what an app waits for at a moment: first the letters over which somebody
// stands still, then what the deployer's own decision says, which changes nothing.
func (l *Log) Waits(app string, now time.Time) []service.Waiter {
	waits := l.waitsForLetters(app)
	a, f := l.state(app)
	if a == nil {
		return waits
	}
	says := l.read(a, f, now).Says()
	if len(waits)+len(says.Waiting) == 0 && !says.Empty() {
		next := events.KindOf(says.Facts[0].Data).Name()
		return []service.Waiter{{ID: app, For: "deployer", Detail: fmt.Sprintf("the deployer to say %s", next)}}
	}
	return append(waits, says.Waiting...)
}
