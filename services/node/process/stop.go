package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

// Stop marks the id stopped, then ends what runs, drops what was its alone, and confirms.
func (d *Driver) Stop(ctx context.Context, id string, s driver.Stop) (driver.Stopped, error) {
	if err := named(id); err != nil {
		return driver.Stopped{}, err
	}
	m, err := d.marks.put(id) // not under hold: from here on no Start succeeds, also one that waits
	if err != nil {
		return driver.Stopped{}, fmt.Errorf("mark %s stopped: %w", id, err)
	}
	defer d.hold(id)()
	if m.Result != nil {
		return *m.Result, nil
	}
	l, err := d.folder(id).look()
	if err != nil {
		return driver.Stopped{}, fmt.Errorf("look at %s: %w", id, err)
	}
	stopped, err := d.end(ctx, id, l, s, m.At)
	if err != nil {
		return driver.Stopped{}, fmt.Errorf("stop %s: %w", id, err)
	}
	d.folder(id).drop()
	m.Result = &stopped
	return stopped, d.marks.write(id, m)
}

// Halt ends one try and leaves the id free for the next.
func (d *Driver) Halt(ctx context.Context, id string, try int, s driver.Stop) (driver.Stopped, error) {
	if err := named(id); err != nil {
		return driver.Stopped{}, err
	}
	defer d.hold(id)()
	l, err := d.folder(id).look()
	if err != nil {
		return driver.Stopped{}, fmt.Errorf("look at %s: %w", id, err)
	}
	if l.Order != nil && l.Order.Try != try {
		return driver.Stopped{}, driver.ErrStale
	}
	stopped, err := d.end(ctx, id, l, s, time.Now())
	if err != nil {
		return driver.Stopped{}, fmt.Errorf("halt %s: %w", id, err)
	}
	return stopped, nil
}

// killWait bounds the wait for the exit record after a kill: the keeper's own bound, and time to write.
const killWait = killTime + 5*time.Second

// end brings a try to its end: signal, grace since then, kill. It returns once the keeper has confirmed, or nothing is left.
func (d *Driver) end(ctx context.Context, id string, l look, s driver.Stop, since time.Time) (driver.Stopped, error) {
	if l.Order == nil || !l.Kept && l.Exit == nil && l.Running == nil {
		return driver.Stopped{Absent: true}, nil
	}
	signal, err := signalOf(s.Signal)
	if err != nil {
		return driver.Stopped{}, err
	}
	began, killed := time.Now(), false
	if l, err = d.settle(ctx, id, startTime, func(l look) bool { return l.Running != nil }); err != nil {
		return driver.Stopped{}, err
	}
	if l.Kept && l.Exit == nil && time.Until(since.Add(s.Grace)) > 0 {
		if err := strike(id, l, signal); err != nil {
			return driver.Stopped{}, err
		}
		l, err = d.settle(ctx, id, time.Until(since.Add(s.Grace)), nil)
		if err != nil && !errors.Is(err, errStill) {
			return driver.Stopped{}, err
		}
	}
	if l.Kept && l.Exit == nil {
		killed = true
		// The keeper kills the rest of the group and all descendants when the main process has ended.
		if err := strike(id, l, unix.SIGKILL); err != nil {
			return driver.Stopped{}, err
		}
		if l, err = d.settle(ctx, id, killWait, nil); err != nil {
			return driver.Stopped{}, err
		}
	}
	d.unexpect(id, l.Order.Try)
	if l.lost() {
		if left := sweep(d.folder(id), id, *l.Running); left > 0 {
			return driver.Stopped{}, fmt.Errorf("%d processes do not end", left)
		}
		return driver.Stopped{Code: -1, Killed: killed, Took: time.Since(began)}, nil
	}
	return driver.Stopped{Code: l.Exit.Code, Signal: l.Exit.Signal, Killed: killed, Took: time.Since(began)}, nil
}

// errStill: it runs on after the time given.
var errStill = errors.New("it still runs")

// settle waits until the try has ended, or enough says so.
func (d *Driver) settle(ctx context.Context, id string, within time.Duration, enough func(look) bool) (look, error) {
	over := time.After(within)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		l, err := d.folder(id).look()
		switch {
		case err != nil:
			return l, err
		case l.Order == nil || !l.Kept || l.Exit != nil || enough != nil && enough(l):
			return l, nil
		}
		select {
		case <-ctx.Done():
			return l, ctx.Err()
		case <-over:
			return l, errStill
		case <-tick.C:
		}
	}
}

// strike signals the main process through a descriptor of it, so that the signal reaches the process that was proven ours
// and not a later one of the same pid. One that has ended meanwhile is no error.
func strike(id string, l look, s unix.Signal) error {
	main := l.Running.Main
	fd, err := unix.PidfdOpen(main.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open process %d: %w", main.PID, err)
	}
	defer unix.Close(fd)
	if !ours(id, *l.Running) {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, s, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("signal process %d: %w", main.PID, err)
	}
	return nil
}

// ours proves that the recorded main process is the one that runs: same boot, pid and start time, and it is the child of the
// recorded keeper or was started with our variable in its environment (some programs overwrite theirs).
func ours(id string, r running) bool {
	if r.Boot != bootID() || !r.Main.alive() {
		return false
	}
	s, err := readStat(r.Main.PID)
	return err == nil && s.Parent == r.Keeper.PID && r.Keeper.alive() || names(r.Main.PID, id)
}

func signalOf(name string) (unix.Signal, error) {
	if name == "" {
		return unix.SIGTERM, nil
	}
	s := unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG"))
	if s == 0 {
		return 0, refuse("signal %s is not known here", name)
	}
	return s, nil
}

// Remove deletes the folder of an ended instance. Its stopped mark stays.
func (d *Driver) Remove(_ context.Context, id string) error {
	if err := named(id); err != nil {
		return err
	}
	defer d.hold(id)()
	l, err := d.folder(id).look()
	if err != nil {
		return fmt.Errorf("look at %s: %w", id, err)
	}
	if l.Kept {
		return driver.ErrRunning
	}
	if err := os.RemoveAll(string(d.folder(id))); err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return nil
}
