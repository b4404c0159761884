package hands

import (
	"context"
	"net/http"
	"syscall"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/node"
)

// answers tells whether a workload answers at once.
func answers(address string) bool {
	client := http.Client{Timeout: 100 * time.Millisecond}
	defer client.CloseIdleConnections()
	res, err := client.Get("http://" + address + "/up")
	if err != nil {
		return false
	}
	return res.Body.Close() == nil
}

// A node that is asked for it kills an instance as a crash does: it finds that out and
// starts the next try. Another try of it is left alone.
func TestADrillKillsTheTryThatIsMeant(t *testing.T) {
	m := newMemory()
	agent := startAgent(t, m, t.TempDir(), false)
	place(t, m, "web-7-a1", "workload")
	started := await(t, m, first[events.InstanceStarted])
	await(t, m, first[events.InstanceReady])
	do := func(try int) {
		agent.hands.Do(t.Context(), service.Act{Data: node.Drill{
			ID: "e", Kind: events.DrillKillInstance, Instance: "web-7-a1", Try: try, Until: time.Now().Add(10 * time.Second),
		}})
	}
	do(2)
	if pid := pidAt(t, started.Address); pid != started.Pid {
		t.Fatalf("pid %d answers, want %d", pid, started.Pid)
	}
	do(1)
	await(t, m, func(d events.InstanceExited) bool { return d.Signal == "KILL" && d.Cause == "missing" })
	await(t, m, func(d events.DriftRepaired) bool { return d.Instance == "web-7-a1" })
	again := await(t, m, func(d events.InstanceStarted) bool { return d.Try == 2 })
	eventually(t, "the next try answers", func() bool { return answers(again.Address) })
}

// A slow instance is fast again at its deadline, or when the act is ended before that.
func TestADrillThatIsOverLeavesNobodySlow(t *testing.T) {
	m := newMemory()
	agent := startAgent(t, m, t.TempDir(), false)
	place(t, m, "web-7-a1", "workload")
	started := await(t, m, first[events.InstanceStarted])
	await(t, m, first[events.InstanceReady])
	for name, end := range map[string]func(context.CancelFunc){"its deadline": func(context.CancelFunc) {}, "its act": func(stop context.CancelFunc) { stop() }} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			over := make(chan struct{})
			began := time.Now()
			go func() {
				agent.hands.Do(ctx, service.Act{Data: node.Drill{
					ID: "e", Kind: events.DrillSlowInstance, Instance: "web-7-a1", Try: 1, Delay: 10 * time.Second, Until: began.Add(2 * time.Second),
				}})
				close(over)
			}()
			eventually(t, "it answers nothing", func() bool { return !answers(started.Address) })
			end(stop)
			<-over
			eventually(t, "it answers", func() bool { return answers(started.Address) })
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("after %s", took)
			}
		})
	}
	if pid := pidAt(t, started.Address); pid != started.Pid {
		t.Errorf("pid %d answers, want %d", pid, started.Pid)
	}
}

// An agent that died in the midst of a drill leaves an instance standing still: the next
// one lets it run.
func TestTheNextAgentLetsRunWhatStandsStill(t *testing.T) {
	m, dir := newMemory(), t.TempDir()
	agent := startAgent(t, m, dir, false)
	place(t, m, "web-7-a1", "workload")
	started := await(t, m, first[events.InstanceStarted])
	await(t, m, first[events.InstanceReady])
	agent.end()
	if err := syscall.Kill(-started.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it answers nothing", func() bool { return !answers(started.Address) })
	startAgent(t, m, dir, false)
	eventually(t, "it answers", func() bool { return answers(started.Address) })
	if pid := pidAt(t, started.Address); pid != started.Pid {
		t.Errorf("pid %d answers, want %d", pid, started.Pid)
	}
}
