package longlog

import (
	"fmt"

	"slipway.dev/services/deployer"
)

// Options say what log is written.
type Options struct {
	Events int  // at least so many, a few hundred more at the end of a turn
	Apps   int  // that take turns
	Nodes  int  // they run on
	Retire bool // all apps are retired and the nodes leave at the end: nothing waits for them
}

// Tell tells a log, message by message, and returns how many there were.
func Tell(o Options, put func(subject string, body []byte) error) (int, error) {
	t := newTeller(put)
	t.fleet(o.Nodes)
	apps := make([]*app, o.Apps)
	for i := range apps {
		apps[i] = &app{teller: t, name: Name(i), nodes: o.Nodes, mesh: deployer.MeshPorts.First + i}
	}
	for t.told < o.Events && t.err == nil {
		for _, a := range apps {
			if a.ship(); t.told >= o.Events || t.err != nil {
				break
			}
		}
	}
	if o.Retire {
		for _, a := range apps {
			a.retire()
		}
		t.leave(o.Nodes)
	}
	return t.told, t.err
}

// Name is that of an app of the log.
func Name(i int) string { return fmt.Sprintf("app%d", i) }
