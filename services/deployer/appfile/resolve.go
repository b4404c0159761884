package appfile

import (
	"path"
	"strings"

	"slipway.dev/events"
)

// resolve turns the file form into the document the log keeps. Defaults stand in the
// form already; only those that depend on other fields are chosen here.
func resolve(f file) events.Document {
	d := events.Document{
		Name: f.Name, Labels: f.Labels, Version: or(f.Version), Driver: f.Driver,
		Command: f.Command, Workdir: or(f.Workdir), User: or(f.User),
		Replicas: f.Replicas.Count, PerNode: f.Replicas.PerNode, Env: f.Env, Uses: f.Uses, External: f.External, Balance: f.Balance.Rule, TrafficPolicy: resolveTraffic(f),
		Resources: events.Resources{CPUMilli: int64(f.Resources.CPU), MemoryBytes: int64(f.Resources.Memory)},
		Limits:    resolveLimits(f.Limits),
		Stop:      events.StopPolicy{DrainMs: int64(f.Stop.Drain), Signal: f.Stop.Signal, GraceMs: int64(f.Stop.Grace)},
		Restart:   resolveRestart(f.Restart),
		Placement: resolvePlacement(f.Placement),
		Deploy:    resolveDeploy(f.Deploy),
		Drift:     f.Drift,
	}
	if f.Artifact != nil {
		d.Artifact = &events.Artifact{Name: baseName(*f.Artifact)}
	}
	for _, c := range f.Files {
		d.Files = append(d.Files, events.SpecFile{Path: c.Path, Content: c.Content, Mode: string(c.Mode)})
	}
	d.Ports, d.Volumes = resolvePorts(f.Ports), resolveVolumes(f.Volumes)
	main := d.Spec().MainPort()
	d.Health = events.Health{
		Ready:     resolveCheck(f.Health.Ready, main),
		StartupMs: int64(f.Health.Startup), MinReadyMs: int64(f.Health.MinReady),
	}
	if f.Health.Live != nil {
		live := resolveCheck(f.Health.Live, main)
		d.Health.Live = &live
	}
	if h := f.Hooks.PreDeploy; h != nil {
		d.Hooks.PreDeploy = &events.Hook{Command: h.Command, TimeoutMs: int64(h.Timeout), Retries: int(h.Retries)}
	}
	return d
}

// baseName is the last part of a path written for any system.
func baseName(p string) string { return path.Base(strings.ReplaceAll(p, `\`, "/")) }

func resolvePorts(ports map[string]port) map[string]events.DeclaredPort {
	if len(ports) == 0 {
		return nil
	}
	all := make(map[string]events.DeclaredPort, len(ports))
	for name, p := range ports {
		d := events.DeclaredPort{Path: p.Path, Strip: p.Strip}
		d.Target, d.HostPort, d.Protocol = int(or(p.Target)), int(or(p.HostPort)), p.Protocol
		d.Listen = int(or(p.Listen))
		hosts := or(p.Host)
		d.Hosts, d.NoHost = hosts.Names, hosts.None
		if p.TLS != tlsOff {
			d.TLS = p.TLS
		}
		all[name] = d
	}
	return all
}

func resolveVolumes(volumes map[string]volume) map[string]events.SpecVolume {
	if len(volumes) == 0 {
		return nil
	}
	all := make(map[string]events.SpecVolume, len(volumes))
	for name, v := range volumes {
		all[name] = events.SpecVolume{Path: v.Path, SizeBytes: int64(v.Size), Access: v.Access}
	}
	return all
}

// resolveCheck chooses what is not written: with a port a connection to it, else
// that the process runs.
func resolveCheck(c *check, main string) events.HealthCheck {
	if c == nil {
		c = &check{}
		fillDefaultsOf(c)
	}
	h := events.HealthCheck{
		IntervalMs: int64(c.Interval), TimeoutMs: int64(c.Timeout), Rise: int(c.Rise), Fall: int(c.Fall),
	}
	switch {
	case c.HTTP != nil:
		h.Kind, h.Path = events.CheckHTTP, *c.HTTP
	case c.Exec != nil:
		h.Kind, h.Command = events.CheckExec, c.Exec
		return h
	case main == "" && c.Port == nil && c.TCP == nil:
		h.Kind = events.CheckAlive
		return h
	default:
		h.Kind = events.CheckTCP
	}
	h.Port = main
	if c.Port != nil {
		h.Port = *c.Port
	}
	return h
}

func resolveLimits(l limits) events.DeclaredLimits {
	return events.DeclaredLimits{
		SpecLimits: events.SpecLimits{
			MemoryBytes: int64(or(l.Memory)), CPUMilli: int64(or(l.CPU)), Pids: int64(l.Pids), Files: int64(l.Files),
		},
		HTTP: events.HTTPLimits{
			RequestMs: int64(l.HTTP.Request), ResponseMs: int64(l.HTTP.Response), DialMs: int64(l.HTTP.Dial),
			BodyBytes: int64(l.HTTP.Body), BodySilenceMs: int64(l.HTTP.BodySilence),
			StreamIdleMs: int64(l.HTTP.StreamIdle), InFlight: int64(l.HTTP.InFlight),
		},
	}
}

func resolveRestart(r restart) events.RestartPolicy {
	return events.RestartPolicy{
		When: r.When, BackoffMinMs: int64(r.Backoff.Min), BackoffMaxMs: int64(r.Backoff.Max),
		GiveUpFailures: int(r.GiveUp.Failures), GiveUpWithinMs: int64(r.GiveUp.Within),
	}
}

func resolvePlacement(p placement) events.Placement {
	out := events.Placement{
		Strategy: p.Strategy, Spread: p.Spread, Require: p.Require, MaxPerNode: int(or(p.MaxPerNode)),
	}
	for _, each := range p.Prefer {
		out.Prefer = append(out.Prefer, events.Preference{Expr: each.Expr, Weight: int(each.Weight)})
	}
	return out
}

func resolveDeploy(d deploy) events.DeployPolicy {
	return events.DeployPolicy{
		Strategy: d.Strategy,
		Rolling: events.RollingPolicy{
			Surge: d.Rolling.Surge.Portion, Unavailable: d.Rolling.Unavailable.Portion, Order: or(d.Rolling.Order),
		},
		BlueGreen: events.BlueGreenPolicy{
			Promote: d.BlueGreen.Promote.How, PromoteAfterMs: d.BlueGreen.Promote.AfterMs,
			PreviewHost: or(d.BlueGreen.PreviewHost), PreviewReplicas: int(or(d.BlueGreen.PreviewReplicas)),
		},
		Steps:  resolveSteps(d.Steps),
		Sticky: resolveSticky(d.Sticky),

		ShrinkStable: d.Shrink, Analysis: resolveAnalysis(d.Analysis), BakeMs: int64(d.Bake),
		DeadlineMs: int64(d.Deadline), RevertMs: int64(d.Revert), OnFailure: d.OnFailure,
		Keep: events.KeepPolicy{
			Warm: int(d.Keep.Warm), WarmForMs: int64(d.Keep.WarmFor), Window: int(d.Keep.Window), History: int(d.Keep.History),
		},
	}
}

// or is what p points to, else nothing.
func or[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
