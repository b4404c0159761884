package doctor

import (
	"context"
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/letter"
	"slipway.dev/services/slipway/natscontext"
)

// Patient is what is looked at.
type Patient struct {
	Context func() (natscontext.Context, error)
	Data    string   // the data folder, where it is on this machine
	Environ []string // NAME=value
	Known   []string // SLIPWAY_ variables that mean something
}

// Examine makes every check. Where no cluster answers it makes the local ones and
// returns why.
func Examine(ctx context.Context, p Patient) (all []Check, at events.Position, err error) {
	e := &exam{Patient: p}
	context, err := e.Context()
	e.add("context", func() Check {
		if err != nil {
			return fail("slipway context ls", "%v", err)
		}
		return ok("%s at %s", context.Name, context.URL)
	})
	var b *bus.Bus
	if err == nil {
		b, err = natscontext.Connect(ctx, context)
	}
	e.add("nats", func() Check {
		if err != nil {
			return fail(begin(context), "%v", err)
		}
		return ok("answers")
	})
	if err != nil {
		e.add("disk", func() Check { return disk(e.Data, true) })
		e.add("environment", func() Check { return environment(e.Environ, e.Known) })
		return e.all, at, err
	}
	defer b.Close()
	e.bus = b
	e.cluster(ctx)
	return e.all, e.log.head, nil
}

// begin is what to do about a cluster that does not answer: only that of dev is anybody's
// to start here.
func begin(c natscontext.Context) string {
	if c.Name == "" || c.Name == natscontext.Full("dev") {
		return "slipway dev"
	}
	return "slipway context show " + c.Short()
}

// exam is one examination.
type exam struct {
	Patient
	bus     *bus.Bus
	profile string
	log     reading
	leases  leases
	all     []Check
}

func (e *exam) add(name string, look func() Check) {
	began := time.Now()
	c := look()
	c.Check, c.TookMs = name, time.Since(began).Milliseconds()
	e.all = append(e.all, c)
}

// cluster makes the checks in the contract's order.
func (e *exam) cluster(ctx context.Context) {
	read := e.log.read(ctx, e.bus)
	e.profile = e.log.profile
	dev := e.profile == "dev"
	e.add("streams", func() Check { return e.streams(ctx) })
	e.add("clock", func() Check {
		e.leases.hear(ctx, e.bus, e.log.head)
		return e.leases.clock()
	})
	e.add("disk", func() Check { return disk(e.Data, dev) })
	e.add("store", func() Check { return e.store(ctx) })
	e.add("log", func() Check { return e.fill(ctx, read) })
	e.add("services", func() Check { return e.leases.services(e.log.head) })
	e.add("dead-letters", func() Check { return e.dead(ctx) })
	e.add("nodes", func() Check { return e.log.nodes() })
	e.add("drivers", func() Check { return e.log.drivers() })
	e.add("gateway", func() Check { return e.log.gateways() })
	e.add("certificates", func() Check { return e.log.certificates(time.Now()) })
	e.add("environment", func() Check { return environment(e.Environ, e.Known) })
}

func (e *exam) streams(ctx context.Context) Check {
	found := e.bus.Inspect(ctx, bus.Profile{Name: e.profile})
	if len(found) == 0 {
		return ok("%d streams as declared", len(events.Streams)+1)
	}
	return fail("slipway run all", "%v", found[0])
}

// store tries a write, and looks for settings under which what is acknowledged may be
// lost or the log may stand still.
func (e *exam) store(ctx context.Context) Check {
	took, err := e.bus.Probe(ctx)
	if err != nil {
		return fail("make room on the bus's disk, or start the bus anew", "%v", err)
	}
	refused, warned, err := e.bus.Hazards(ctx, bus.Profile{Name: e.profile}, time.Now())
	bad := fail
	if e.profile == "dev" {
		bad = warn
	}
	switch {
	case err != nil:
		return fail("slipway doctor", "%v", err)
	case len(refused) > 0:
		return bad(refused[0].Remedy, "%s %s", refused[0].Setting, refused[0].Detail)
	case len(warned) > 0:
		return warn(warned[0].Remedy, "%s %s", warned[0].Setting, warned[0].Detail)
	}
	return ok("a write took %s", took.Round(time.Microsecond))
}

// logPercent of its size is where the log wants attention; at 90 it takes only what
// is essential.
const logPercent = 80

func (e *exam) fill(ctx context.Context, read error) Check {
	info, err := e.bus.Info(ctx)
	switch {
	case read != nil:
		return fail("slipway events -n 1", "%v", read)
	case err != nil:
		return fail("slipway dev", "%v", err)
	case info.Deleted > 0:
		return fail("restore the log from a backup", "%d events are missing", info.Deleted)
	case info.Max > 0 && info.Bytes > info.Max/100*logPercent:
		return fail(e.larger(ctx), "%d of %d MiB, %d %%: at %d %% it takes no declaration, full nothing",
			info.Bytes>>20, info.Max>>20, info.Percent(), bus.FullPercent)
	}
	return ok("%d events, %d MiB of %d MiB", info.Last.Seq, info.Bytes>>20, info.Max>>20)
}

// larger is how the bus is started so that the log holds twice as much: facts are
// never deleted.
func (e *exam) larger(ctx context.Context) string {
	verb := "slipway run bus --profile " + e.profile
	if e.profile == "dev" {
		verb = "slipway dev"
	}
	use, err := e.bus.Use(ctx, bus.Profile{Name: e.profile})
	if err != nil {
		return verb + " --store-max BYTES"
	}
	return fmt.Sprintf("%s --store-max %d   (in place of the bus that runs, on its data folder)", verb, 2*use.Reserved)
}

func (e *exam) dead(ctx context.Context) Check {
	ctx, end := context.WithTimeout(ctx, listenMax)
	defer end()
	letters, err := letter.Read(ctx, e.bus)
	if err != nil {
		return fail("slipway doctor", "%v", err)
	}
	return judged(letters.All)
}

// judged fails while a guard stands still; what stops nothing is only told of.
func judged(letters []letter.Letter) Check {
	of := map[string][]letter.Letter{}
	for _, l := range letters {
		of[l.State] = append(of[l.State], l)
	}
	if parked := of[letter.Parked]; len(parked) > 0 {
		return fail(fmt.Sprintf("slipway dead show %d", parked[0].Seq), "%s parked, the first: %s: %s (%s)",
			plural(len(parked), "letter"), parked[0].Participant, parked[0].Reason, parked[0].Subject)
	}
	if kept := of[letter.Kept]; len(kept) > 0 {
		return warn(fmt.Sprintf("slipway dead show %d", kept[0].Seq), "%s that stopped nothing, the first: %s: %s (%s)",
			plural(len(kept), "letter"), kept[0].Participant, kept[0].Reason, kept[0].Subject)
	}
	return ok("none parked")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
