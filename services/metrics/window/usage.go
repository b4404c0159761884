package window

import (
	"time"

	"slipway.dev/events"
)

// The series of nodes: what each instance uses.
const (
	cpuSeconds  = "slipway_instance_cpu_seconds_total" // counter
	memoryBytes = "slipway_instance_memory_bytes"      // gauge, working set
)

// usageMax is how old a node's word may be, in seconds.
const usageMax = 10

type usageKey struct{ name, app, release, instance string }

// usage is what a node tells of one instance.
type usage struct {
	key         usageKey
	boot        *boot
	release     int
	period      int64 // ms between two ticks of the node
	before, now point
	ended       bool
}

// node folds one series of a node.
func (f *Fold) node(b *boot, name string, s events.Samples, row events.Series, times []time.Time) {
	if name != cpuSeconds && name != memoryBytes || row.Labels["app"] == "" {
		return
	}
	key := usageKey{name, row.Labels["app"], row.Labels["release"], row.Labels["instance"]}
	x := b.usage[key]
	if x == nil {
		x = &usage{key: key, boot: b, release: number(key.release), period: s.PeriodMs}
		b.usage[key] = x
		a := f.app(key.app)
		a.usage = append(a.usage, x)
	}
	for i, t := range times {
		if p, told := pointOf(row, i); told && t.UnixMilli() > x.now.ms {
			p.ms = t.UnixMilli()
			x.before, x.now = x.now, p
		}
	}
}

// at is when the value was true last: a node that does not tell it again says that it
// has not changed.
func (x *usage) at() int64 { return max(x.boot.heard, x.now.ms/1000) }

// cores is what an instance used since the tick before; ok is false before the second.
func (x *usage) cores() (cores float64, ok bool) {
	if x.boot.heard*1000-x.now.ms >= x.period/2 {
		return 0, true // it has not risen since
	}
	took := min(x.now.ms-x.before.ms, max(x.period, 1))
	if x.before.ms == 0 || x.before.end || x.now.n < x.before.n {
		return 0, false
	}
	return (x.now.n - x.before.n) * 1000 / float64(took), true
}

// use writes what the instances of a release use into a window, or that it is unknown:
// fewer of them were told of than are ready.
func (a *app) use(l *events.Load, r Release) {
	cpu, memory := events.LoadCPU{LimitMillicores: r.CPUMilli * int64(r.Ready)}, events.LoadMemory{LimitBytes: r.MemoryBytes * int64(r.Ready)}
	cores, withCPU, withMemory := 0.0, 0, 0
	for _, x := range a.usage {
		at := x.at()
		if x.release != l.Release || x.now.end || at < l.To.Unix()-usageMax {
			continue
		}
		if x.key.name == memoryBytes {
			withMemory++
			memory.UsedBytes += int64(x.now.n)
			memory.At = earlier(memory.At, at)
		} else if used, ok := x.cores(); ok {
			withCPU++
			cores += used
			cpu.At = earlier(cpu.At, at)
		}
	}
	cpu.UsedMillicores = int64(cores * 1000)
	if withCPU >= r.Ready && withCPU > 0 {
		l.CPU = &cpu
	} else if r.Ready > 0 {
		l.Unknown = append(l.Unknown, "cpu")
	}
	if withMemory >= r.Ready && withMemory > 0 {
		l.Memory = &memory
	} else if r.Ready > 0 {
		l.Unknown = append(l.Unknown, "memory")
	}
}

func earlier(t time.Time, second int64) time.Time {
	if u := time.Unix(second, 0).UTC(); t.IsZero() || u.Before(t) {
		return u
	}
	return t
}
