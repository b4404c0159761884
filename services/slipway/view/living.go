package view

import (
	"slipway.dev/services/deployer"
)

// living are the instances of an app that have not ended, as the deployer has them:
// its snapshot holds them, the log's past need not be read.
func living(a *deployer.App) (list []Instance) {
	for _, i := range a.Instances {
		list = append(list, instanceIn(a, i))
	}
	return list
}

func instanceIn(a *deployer.App, i *deployer.Inst) Instance {
	x := Instance{
		ID: i.ID, App: a.Name, Release: i.Release, Node: i.Node, Driver: i.Driver, State: i.State, Reason: i.Why,
		Address: i.Address, Pid: i.Pid, Container: i.Container, Restarts: max(i.Try-1, 0),
		StartedAt: Time{i.StartedAt}, ReadyAt: Time{i.ReadyAt}, since: Time{i.Since},
	}
	if i.State == "blocked" {
		x.Reason = i.Lacks
	}
	if r := a.Releases[i.Release]; r != nil {
		x.Version = r.Spec.Version
	}
	if i.Exited {
		x.ExitCode = &i.Code
	}
	return x
}
