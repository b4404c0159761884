package hands

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
)

// Do does one act until it is done or ctx ends.
func (h *Hands) Do(ctx context.Context, a service.Act) {
	switch d := a.Data.(type) {
	case node.Lease:
		h.lease(ctx, d)
	case node.Fetch:
		h.fetch(ctx, d)
	case node.Start:
		h.start(ctx, d)
	case node.Watch:
		h.watch(ctx, d)
	case node.Follow:
		h.follow(ctx, d)
	case node.Halt:
		h.halt(ctx, d)
	case node.Stop:
		h.stop(ctx, d)
	case node.Remove:
		h.remove(ctx, d)
	case node.Drill:
		h.drill(ctx, d)
	case node.Gone:
		h.once.Do(func() { close(h.gone) })
	}
}

// lease says at once and then again and again that the node is alive.
func (h *Hands) lease(ctx context.Context, d node.Lease) {
	tick := time.NewTicker(h.config.Every)
	defer tick.Stop()
	body := events.LeaseBody{Incarnation: d.Incarnation, Level: events.Level, Node: h.config.Node, Version: h.config.Version}
	for body.N = 1; ; body.N++ {
		h.config.Lease(events.LeaseSubject("node", h.config.Node), body)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *Hands) fetch(ctx context.Context, d node.Fetch) {
	began := time.Now()
	err := h.driver.Fetch(ctx, artifact(&d.Artifact))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		h.sense(node.ContentFailed{ID: d.ID, Failures: d.Failures, Final: driver.IsFinal(err), Reason: reason(err)})
	default:
		h.sense(node.Content{ID: d.ID, TookMs: time.Since(began).Milliseconds()})
	}
}

// start begins a try. Content that was lost since it was fetched is fetched again.
func (h *Hands) start(ctx context.Context, d node.Start) {
	spec, err := h.spec(d)
	if err == nil && !spec.Artifact.IsZero() {
		err = h.driver.Fetch(ctx, spec.Artifact)
	}
	var r driver.Running
	if err == nil {
		r, err = h.begin(ctx, spec, d)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		h.sense(node.Ended{
			ID: d.ID, Try: d.Try, Code: -1, Reason: reason(err), Final: driver.IsFinal(err), Tail: h.driver.Tail(d.ID, driver.TailLines),
		})
	default:
		h.sense(node.Running{ID: d.ID, Try: d.Try, Pid: r.PID, Warnings: r.Warnings})
	}
}

// begin starts a try; an earlier one that came up after it was given up is ended first.
func (h *Hands) begin(ctx context.Context, spec driver.Spec, d node.Start) (driver.Running, error) {
	r, err := h.driver.Start(ctx, spec)
	if err != nil || r.Try == spec.Try {
		return r, err
	}
	if _, err := h.driver.Halt(ctx, spec.ID, r.Try, driver.Stop{Signal: d.Spec.Stop.Signal, Grace: ms(d.Spec.Stop.GraceMs)}); err != nil {
		return driver.Running{}, err
	}
	return h.driver.Start(ctx, spec)
}

func (h *Hands) spec(d node.Start) (driver.Spec, error) {
	s := driver.Spec{
		ID: d.ID, Try: d.Try, App: d.App, Release: d.Release, Version: d.Spec.Version, Node: h.config.Node,
		Artifact: artifact(d.Spec.Artifact), Command: d.Command, Workdir: d.Spec.Workdir, User: d.Spec.User,
		Env: environment(d.Spec), Ports: maps.Clone(d.Ports),
		Limits: driver.Limits{Files: int(d.Spec.Limits.Files), Pids: int(d.Spec.Limits.Pids), MemoryBytes: d.Spec.Limits.MemoryBytes},
	}
	for _, name := range slices.Sorted(maps.Keys(d.Spec.Volumes)) {
		v := d.Spec.Volumes[name]
		s.Volumes = append(s.Volumes, driver.Volume{Name: name, Path: v.Path, Scratch: !v.Stays()})
	}
	for _, f := range d.Spec.Files {
		file := driver.File{Path: f.Path, Content: f.Content}
		if f.Mode != "" {
			mode, err := strconv.ParseUint(f.Mode, 8, 32)
			if err != nil {
				return s, &driver.Fault{Reason: "mode " + f.Mode + " of file " + f.Path + " is not octal", Unmendable: true}
			}
			file.Mode = fs.FileMode(mode)
		}
		s.Files = append(s.Files, file)
	}
	return s, nil
}

func artifact(a *events.Artifact) driver.Artifact {
	if a == nil {
		return driver.Artifact{}
	}
	return driver.Artifact{SHA256: a.SHA256, SizeBytes: a.SizeBytes, Name: a.Name}
}

// watch runs an instance's checks side by side, and tells what it uses meanwhile.
func (h *Hands) watch(ctx context.Context, d node.Watch) {
	defer h.told.begin(d)()
	if err := h.probes.keep(d); err != nil {
		h.config.Logger.Warn().Err(err).Str("instance", d.ID).Msg("keep check")
	}
	var wg sync.WaitGroup
	run := func(p node.Probe, live bool) {
		wg.Go(func() {
			driver.Checker{Driver: h.driver}.Run(ctx, d.ID, check(p), func(r driver.CheckResult) {
				h.sense(node.Checked{ID: d.ID, Try: d.Try, Live: live, OK: r.OK, Consecutive: r.Consecutive, Reason: r.Reason})
			})
		})
	}
	run(d.Ready, false)
	if d.Live != nil {
		run(*d.Live, true)
	}
	wg.Wait()
}

func check(p node.Probe) driver.Check {
	c := driver.Check{Address: p.Address, Interval: ms(p.IntervalMs), Timeout: ms(p.TimeoutMs)}
	switch p.Kind {
	case events.CheckHTTP:
		c.HTTP = p.Path
	case events.CheckTCP:
		c.TCP = true
	case events.CheckExec:
		c.Exec = p.Command
	}
	return c
}

// halt ends one try. Nothing of that try on record means that it does not run.
func (h *Hands) halt(ctx context.Context, d node.Halt) {
	end := node.Ended{ID: d.ID, Try: d.Try, Code: -1, Reason: node.ReasonLost}
	err := h.until(ctx, "halt "+d.ID, func() error {
		s, err := h.driver.Halt(ctx, d.ID, d.Try, driver.Stop{Signal: d.Signal, Grace: ms(d.GraceMs)})
		if errors.Is(err, driver.ErrStale) || errors.Is(err, driver.ErrUnknown) {
			return nil
		}
		if err == nil && !s.Absent {
			end.Code, end.Signal, end.Reason = s.Code, s.Signal, ""
		}
		return err
	})
	if err == nil {
		end.Tail = h.driver.Tail(d.ID, driver.TailLines)
		h.sense(end)
	}
}

func (h *Hands) stop(ctx context.Context, d node.Stop) {
	var s driver.Stopped
	err := h.until(ctx, "stop "+d.ID, func() (err error) {
		s, err = h.driver.Stop(ctx, d.ID, driver.Stop{Signal: d.Signal, Grace: ms(d.GraceMs)})
		return err
	})
	if err == nil {
		h.sense(node.Confirmed{ID: d.ID, Code: s.Code, Killed: s.Killed, TookMs: s.Took.Milliseconds()})
	}
}

// lastLines bounds the wait for an ended instance's last output.
const lastLines = 10 * time.Second

func (h *Hands) remove(ctx context.Context, d node.Remove) {
	within, cancel := context.WithTimeout(ctx, lastLines)
	defer cancel()
	if err := h.ship(within, d.ID, d.App); err != nil && ctx.Err() == nil {
		h.config.Logger.Warn().Err(err).Str("instance", d.ID).Msg("ship last output")
	}
	h.probes.forget(d.ID)
	_ = h.until(ctx, "remove "+d.ID, func() error { return h.driver.Remove(ctx, d.ID) })
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
