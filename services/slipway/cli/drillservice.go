package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/plane"
	"slipway.dev/services/slipway/recovery"
	"slipway.dev/services/slipway/view"
)

// backWithin is how long a service may be without a copy that has read all: its manager
// starts it again after a second, and it begins from its snapshot.
const backWithin = 10 * time.Second

func drillService(env *Env) *cobra.Command {
	var data string
	cmd := env.drillVerb("kill-service SERVICE", "Kill a service's process on this machine; requests must not notice",
		"  slipway drill kill-service deployer -y --data /var/lib/slipway\n  slipway drill kill-service registry -y",
		func(ctx context.Context, d *drilling, name string) (*drill, error) {
			if !slices.Contains(plane.Services, name) {
				return nil, noService(name)
			}
			pid, err := servicePid(data, name)
			if err != nil {
				return nil, err
			}
			head, err := d.bus.Head(ctx)
			if err != nil {
				return nil, d.away(ctx, err)
			}
			return &drill{
				kind: "kill-service", target: name,
				says: []string{
					fmt.Sprintf("kill-service: kill -9 of process %d, which runs %s; whoever started it must start it again", pid, name),
					fmt.Sprintf("promised: requests do not notice; a copy that has read the log up to #%d lives within %s", head.Seq, backWithin),
				},
				begin: func(context.Context) (time.Time, error) {
					if err := unix.Kill(pid, unix.SIGKILL); err != nil {
						return time.Time{}, fault.New("SLW-E001", "process %d cannot be killed: %v", pid, err)
					}
					return d.Now(), nil
				},
				watch:   func(injected time.Time) *recovery.Watch { return recovery.KillService(injected, backWithin) },
				observe: func(ctx context.Context, w *recovery.Watch) error { return d.awaitCopy(ctx, w, name, pid, head) },
			}, nil
		})
	cmd.Flags().StringVar(&data, "data", ".slipway/run", "data folder of the process")
	return cmd
}

func noService(name string) error {
	f := fault.New("SLW-U002", "no service is called %q", name).Because("there are: " + strings.Join(plane.Services, ", "))
	if near := nearest.Of(name, plane.Services); near != "" {
		f.Because(fmt.Sprintf("did you mean %q?", near))
	}
	return f
}

// servicePid is the process that a pid file names. One that has ended, or is another
// program by now, is none.
func servicePid(data, name string) (int, error) {
	path := filepath.Join(data, plane.PidFile(name))
	body, err := os.ReadFile(path)
	if err != nil {
		return 0, fault.New("SLW-U002", "no process of %s has its data in %s", name, data).
			Because(err.Error(), "slipway dev is one process: it has no service that could be killed alone").Try("slipway services")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(body)))
	if err != nil || pid <= 1 {
		return 0, fault.New("SLW-U002", "%s names no process", path)
	}
	words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.Contains(string(words), name) && !strings.Contains(string(words), "all") {
		return 0, fault.New("SLW-E001", "process %d, which ran %s, has ended", pid, name).Try("slipway services")
	}
	return pid, nil
}

// errBack ends the listening for a copy that is there.
var errBack = errors.New("it is back")

// awaitCopy waits for a copy of a service, in another process, that has read all.
func (d *drilling) awaitCopy(ctx context.Context, w *recovery.Watch, name string, pid int, head events.Position) error {
	err := d.bus.Leases(ctx, leasesOf("service"), service.Reader{Deliver: func(m service.Message) error {
		b, ok := view.BeatOf(m.Subject)
		if !ok || b.Service != name || m.Stored.Before(w.Injected) || json.Unmarshal(m.Body, &b.Body) != nil {
			return nil
		}
		if b.Body.Pid == pid || !b.Body.Ready || b.Body.Head < head.Seq {
			return nil
		}
		w.Steps[0].Pass(m.Stored)
		return errBack
	}})
	if errors.Is(err, errBack) {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
