// Package process runs instances as plain processes of this machine. It needs Linux.
//
// Promise. An instance belongs to a keeper, not to the agent: it runs on while the agent is away, and its exit code and last
// lines are there when the agent is back. The same try is never started twice, an id that was stopped never starts again,
// and nothing is signalled that this driver cannot prove it started.
//
// Hears. The calls of [driver.Driver], and the bytes of artifacts from an injected [Fetcher].
//
// Says. Nothing; ends, lines and the outcomes of checks go to the caller.
//
// Remembers, below its data directory:
//
//	artifacts/<hex>/blob           verified content, read-only; tree/ and tree.json beside it for an archive
//	instances/<id>/order.json      what the keeper is to run (mode 0600: it holds the environment)
//	instances/<id>/lock            held by the living keeper
//	instances/<id>/running.json    boot id, pids and their start times, once the workload runs
//	instances/<id>/exit.json       how it ended
//	instances/<id>/use             what all its tries have used, told every five seconds and at the end
//	instances/<id>/work/           the working directory, the artifact linked into it
//	instances/<id>/scratch/<v>     its scratch volumes, deleted when it is stopped
//	instances/<id>/stdout.log, stderr.log, and one older generation of each, .1
//	volumes/<app>/<v>              single and shared volumes, linked into work/; never deleted by this driver
//	stopped/<id>                   written before the kill; an id named here never starts
//
// A keeper is our own binary, executed as `slipway keep <dir>`, in a session of its own. It holds the folder's lock, adopts
// orphans of the workload (subreaper), confines it (umask, open files, no core, no new privileges, user), starts it in a
// process group of its own with a parent-death signal, watches memory and pids, rotates the logs, and writes exit.json when
// everything the workload started is gone.
//
// Due. Watch looks twice a second; a keeper looks at its workload every second where memory is limited, else every five.
//
// Fails. A killed keeper takes its workload along at once (parent-death signal) and leaves the instance missing. Memory is
// sampled, not enforced by a cgroup: a burst between two samples is not seen, shared pages count for each process, cpu is
// not limited, nor is the size of a volume: there is no quota. A volume is a link in the working directory, so a program
// that resolves its path sees where it lies. [Driver.Isolation] says so. What is used is told in steps of 10 ms of each
// process; of one that nobody waits for, what it used after it was last seen is missing. A keeper of an earlier binary tells
// nothing, and a record torn by a power cut begins at zero again.
package process
