package process

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

var _ driver.Breaker = (*Driver)(nil)

// Kill kills a try's main process; its keeper kills the rest, and tells.
func (d *Driver) Kill(id string, try int) error {
	l, err := d.tried(id, try)
	if err != nil {
		return fmt.Errorf("kill %s: %w", id, err)
	}
	return strike(id, l, unix.SIGKILL)
}

// Freeze stops a try's process group.
func (d *Driver) Freeze(id string, try int) error {
	l, err := d.tried(id, try)
	if err == nil {
		err = group(id, *l.Running, unix.SIGSTOP)
	}
	if err != nil {
		return fmt.Errorf("freeze %s: %w", id, err)
	}
	return nil
}

// Thaw continues an instance's process group, whether or not it stands still: on a busy machine it may be about to, and
// only this signal takes a stop back that has been sent and not arrived.
func (d *Driver) Thaw(id string) error {
	l, err := d.folder(id).look()
	if err != nil || l.Running == nil || l.Exit != nil {
		return err
	}
	return group(id, *l.Running, unix.SIGCONT)
}

// tried looks at an instance, of which a certain try must run.
func (d *Driver) tried(id string, try int) (look, error) {
	if err := named(id); err != nil {
		return look{}, err
	}
	l, err := d.folder(id).look()
	switch {
	case err != nil:
		return l, err
	case l.Order == nil || l.Running == nil || l.Exit != nil || !l.Kept:
		return l, driver.ErrUnknown
	case l.Order.Try != try:
		return l, driver.ErrStale
	}
	return l, nil
}

// group signals the process group of a main process that is proven ours.
func group(id string, r running, s unix.Signal) error {
	if !ours(id, r) {
		return nil
	}
	if err := unix.Kill(-r.Main.PID, s); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("signal process group %d: %w", r.Main.PID, err)
	}
	return nil
}

// KillAll kills the keepers first, so that none of them writes how its workload ended.
func (d *Driver) KillAll() error {
	dirs, err := os.ReadDir(d.instances())
	if err != nil {
		return fmt.Errorf("kill all instances: %w", err)
	}
	var ran []func() int
	for _, dir := range dirs {
		id, f := dir.Name(), d.folder(dir.Name())
		l, err := f.look()
		if err != nil || l.Running == nil || !l.Kept || !ours(id, *l.Running) || !l.Running.Keeper.alive() {
			continue
		}
		unix.Kill(l.Running.Keeper.PID, unix.SIGKILL)
		ran = append(ran, func() int { return sweep(f, id, *l.Running) + unkept(f) })
	}
	left := 0
	for _, end := range ran {
		left += end()
	}
	if left > 0 {
		return fmt.Errorf("kill all instances: %d processes do not end", left)
	}
	return nil
}

// unkept waits until a killed keeper has let go of its instance: until then that is taken for one that runs. It returns 1
// if the keeper does not.
func unkept(f folder) int {
	for deadline := time.Now().Add(killTime); ; time.Sleep(pace) {
		kept, err := f.kept()
		switch {
		case err == nil && !kept:
			return 0
		case time.Now().After(deadline):
			return 1
		}
	}
}
