package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"slipway.dev/services/node/driver"
)

// startTime bounds the wait for a keeper's word: hashing an artifact of 512 MiB on a busy disk fits.
const startTime = 30 * time.Second

// pace is how often files are looked at while somebody waits for them.
const pace = 5 * time.Millisecond

// Fetch brings an artifact into the store.
func (d *Driver) Fetch(ctx context.Context, a driver.Artifact) error { return d.Store.Fetch(ctx, a) }

// Start runs one try of an instance, or finds that it runs or ran already.
func (d *Driver) Start(ctx context.Context, s driver.Spec) (driver.Running, error) {
	if err := named(s.ID); err != nil {
		return driver.Running{}, err
	}
	defer d.hold(s.ID)()
	if d.marks.has(s.ID) {
		return driver.Running{}, driver.ErrStopped
	}
	f := d.folder(s.ID)
	l, err := f.look()
	if err != nil {
		return driver.Running{}, fmt.Errorf("look at %s: %w", s.ID, err)
	}
	switch {
	case l.Kept && l.Exit == nil:
		return d.await(ctx, f, nil)
	case l.Order != nil && s.Try < l.Order.Try:
		return driver.Running{}, driver.ErrStale
	case l.Order != nil && s.Try == l.Order.Try && (l.Exit != nil || l.Running != nil):
		return d.ran(s.ID, l)
	}
	if l.Running != nil {
		sweep(f, s.ID, *l.Running) // of an earlier try whose keeper was killed
	}
	if err := portsFree(s.Ports); err != nil {
		return driver.Running{}, err
	}
	if err := d.prepare(f, s); err != nil {
		return driver.Running{}, err
	}
	gone, err := d.launch(f)
	if err != nil {
		return driver.Running{}, err
	}
	return d.await(ctx, f, gone)
}

// prepare writes everything the keeper needs; the order comes last.
func (d *Driver) prepare(f folder, s driver.Spec) error {
	if s.User == "" {
		s.User = d.config.User
	}
	user, err := lookupAccount(s.User)
	if err != nil {
		return err
	}
	exe, err := d.find(s.Artifact, firstWord(s.Command))
	if err != nil {
		return err
	}
	if err := passable(string(f)); err != nil {
		return fmt.Errorf("make folder of %s: %w", s.ID, err)
	}
	dir, err := d.furnish(f, s, user)
	if err != nil {
		return err
	}
	o := order{
		ID: s.ID, Try: s.Try, Mark: d.marks.path(s.ID),
		Path: exe.path, SHA256: exe.sha256, Args: argv(s), Env: environment(s, f.work()), Dir: dir, User: user,
		Ports: s.Ports, Files: s.Limits.Files, Pids: s.Limits.Pids, Memory: s.Limits.MemoryBytes, LogSize: logBytes,
	}
	if exe.inside != "" {
		o.Link = filepath.Join(f.work(), exe.inside)
	}
	if o.Files == 0 {
		o.Files = filesDefault
	}
	if o.Pids == 0 {
		o.Pids = pidsDefault
	}
	if err := writeJSON(f.path("order.json"), o); err != nil {
		return fmt.Errorf("write order of %s: %w", s.ID, err)
	}
	return nil
}

// launch starts a keeper that shares nothing with the agent that would end with it: no pipe, no session, no directory. The
// channel closes when the keeper has ended.
func (d *Driver) launch(f folder) (gone <-chan struct{}, err error) {
	log, err := os.OpenFile(f.path("keeper.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of keeper: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(d.config.Keeper[0], append(d.config.Keeper[1:len(d.config.Keeper):len(d.config.Keeper)], string(f))...)
	cmd.Dir = "/"
	cmd.Env = []string{}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start keeper: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait() // its word is exit.json
		close(ended)
		select {
		case d.poke <- struct{}{}:
		default:
		}
	}()
	return ended, nil
}

// await returns what the keeper writes. Without gone the keeper is an earlier launch, which is adopted.
func (d *Driver) await(ctx context.Context, f folder, gone <-chan struct{}) (driver.Running, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	id := filepath.Base(string(f))
	for tick := time.NewTicker(pace); ; {
		over := closed(gone) // before the look: what it wrote is there once it has ended
		l, err := f.look()
		switch {
		case err != nil:
			return driver.Running{}, fmt.Errorf("look at %s: %w", id, err)
		case l.Exit != nil:
			return d.ran(id, l)
		case l.Running != nil && l.Kept:
			d.expect(id, l.Order.Try)
			r := shown(id, l)
			r.Adopted = gone == nil
			return r, nil
		case !l.Kept && (over || gone == nil):
			return driver.Running{}, fmt.Errorf("keeper of %s ended: %s", id, lastOf(f.path("keeper.log")))
		}
		select {
		case <-ctx.Done():
			return driver.Running{}, fmt.Errorf("wait for keeper of %s: %w", id, ctx.Err())
		case <-tick.C:
		}
	}
}

// ran answers for a try that has ended already: a fault if it never started, else what ran, and Watch tells its end.
func (d *Driver) ran(id string, l look) (driver.Running, error) {
	if l.Exit != nil && l.Exit.NotStarted {
		return driver.Running{}, &driver.Fault{Reason: l.Exit.Reason, Unmendable: l.Exit.Unmendable}
	}
	d.expect(id, l.Order.Try)
	return shown(id, l), nil
}

func shown(id string, l look) driver.Running {
	r := driver.Running{ID: id, Try: l.Order.Try, Ports: l.Order.Ports}
	if l.Running != nil {
		r.PID, r.Since, r.Warnings = l.Running.Main.PID, l.Running.At, l.Running.Warnings
	}
	return r
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// lastOf is the end of a small file of ours, for an error text.
func lastOf(path string) string {
	b, _ := os.ReadFile(path)
	const enough = 500
	if len(b) > enough {
		b = b[len(b)-enough:]
	}
	return string(b)
}
