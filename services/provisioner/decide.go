package provisioner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// decide says what is missing: of the level, the streams, the consumers that are gone,
// and the oldest wish.
func (s *State) decide(cfg Config, now time.Time) (say service.Says) {
	if s.Cluster == "" {
		return say // founded by who made the log
	}
	if l := s.raisable(cfg, now); l > 0 {
		say.Because(s.Last, "every live holder has read level %d for %s", l, cfg.Hold).Fact(events.LevelRaised{Level: l})
	}
	w := s.world.Get()
	for _, name := range service.Sorted(w.streams) {
		s.stream(&say, w, name)
	}
	for _, name := range service.Sorted(s.Consumers) {
		if c := s.Consumers[name]; w.absent[name] == c.look() {
			say.Because(c.Last, "it stands no more: nobody has asked for %s, or somebody removed it", idleAfter).
				Fact(events.ConsumerRemoved{OfConsumer: events.OfConsumer{Consumer: name}, Cause: "idle"})
		}
	}
	if say.Empty() {
		s.answer(&say, now)
	}
	return say
}

// stream says what became of one stream.
func (s *State) stream(say *service.Says, w *world, name string) {
	is, of, said := w.streams[name], events.OfStream{Stream: name}, s.Streams[name]
	drift := w.drifts[name]
	switch {
	case said == nil || !said.Shape.CreatedAt.Equal(is.CreatedAt):
		say.Because(s.Last, "the server had none").Fact(events.StreamCreated{OfStream: of, StreamShape: is})
	case len(changes(said.Shape, is)) > 0:
		list := changes(said.Shape, is)
		say.Because(said.Last, "%s", strings.Join(list, ", ")).Fact(events.StreamChanged{OfStream: of, Changes: list, StreamShape: is})
	case len(drift) > 0 && !slices.Equal(drift, said.Refused):
		say.Because(said.Last, "not as declared: %s", strings.Join(drift, ", ")).
			Fact(events.StreamRefused{OfStream: of, Differences: drift})
	case w.checked && len(drift) == 0 && len(said.Refused) > 0:
		say.Because(said.Last, "as declared again").
			Fact(events.StreamChanged{OfStream: of, Changes: []string{"as declared again"}, StreamShape: is})
	}
}

// changes are the fields in which two shapes of one stream differ.
func changes(from, to events.StreamShape) (list []string) {
	note := func(field string, a, b any) {
		if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
			list = append(list, field+" "+x+" -> "+y)
		}
	}
	note("maxBytes", from.MaxBytes, to.MaxBytes)
	note("replicas", from.Replicas, to.Replicas)
	note("subjects", from.Subjects, to.Subjects)
	return list
}

// answer answers the oldest wish, or lets it wait for the hands.
func (s *State) answer(say *service.Says, now time.Time) {
	e, state, ok := s.Inbox.Oldest(now)
	if !ok {
		return
	}
	because := service.CauseOf(e)
	switch w := e.Data.(type) {
	case events.WishIntegrationDeclared:
		refuse := func(cause, why string) {
			say.Because(because, "%s", why).Fact(events.ConsumerRefused{OfConsumer: w.OfConsumer, Cause: cause})
		}
		if cause, why := s.refusal(w, state); cause != "" {
			refuse(cause, why)
		} else if f, failed := s.world.Get().failed[makeID(e)]; failed {
			refuse(f.Cause, f.Why)
		} else if d, stands := s.world.Get().standing[w.Consumer]; stands && d.Wish == e.Pos.String() {
			say.Because(because, "it stands on %s", bus).Fact(s.granted(w, d))
		}
	case events.WishIntegrationWithdrawn:
		if cause, why := s.unknown(w.Consumer, state); cause != "" {
			say.Because(because, "%s", why).Fact(events.ConsumerRefused{OfConsumer: w.OfConsumer, Cause: cause})
		} else if s.world.Get().absent[w.Consumer] == dropID(e) {
			say.Because(because, "withdrawn%s", said(w.Message)).
				Fact(events.ConsumerRemoved{OfConsumer: w.OfConsumer, Cause: "withdrawn"})
		}
	}
}

func said(message string) string {
	if message == "" {
		return ""
	}
	return ": " + message
}

// refusal tells why a declared integration is not granted; no cause: it is.
func (s *State) refusal(w events.WishIntegrationDeclared, state string) (cause, why string) {
	if state != "" {
		return state, unread(state)
	}
	if cause, why := impossible(w); cause != "" {
		return cause, why
	}
	c := s.Consumers[w.Consumer]
	switch {
	case c == nil && len(s.Consumers) >= MaxIntegrations:
		return "limit", fmt.Sprintf("%d integrations, at most %d", len(s.Consumers), MaxIntegrations)
	case c != nil && c.Granted.Same(s.granted(w, Durable{})):
		return "unchanged", "it is granted already, just so"
	}
	return "", ""
}

func (s *State) unknown(name, state string) (cause, why string) {
	if state != "" {
		return state, unread(state)
	}
	if s.Consumers[name] == nil {
		return "unknown", fmt.Sprintf("no integration is called %q", name)
	}
	return "", ""
}

// unread says why a wish is refused unread.
func unread(state string) string {
	if state == "busy" {
		return fmt.Sprintf("more than %d wishes wait", events.MaxOpenWishes)
	}
	return fmt.Sprintf("nobody answered for %s", events.WishAge)
}

// granted restates a wish as it was granted. A consumer that stood before keeps its
// place in the log.
func (s *State) granted(w events.WishIntegrationDeclared, d Durable) events.ConsumerCreated {
	g := events.ConsumerCreated{
		OfConsumer: w.OfConsumer, Stream: bus, Filters: sortedFilters(w.Filters), MaxAckPending: MaxAckPending,
		IdleMs: idleAfter.Milliseconds(), From: d.From, Publisher: w.Publisher, Bearer: w.Bearer,
	}
	for _, b := range BackOff() {
		g.BackOffMs = append(g.BackOffMs, b.Milliseconds())
	}
	if c := s.Consumers[w.Consumer]; c != nil {
		g.From = c.Granted.From
	}
	return g
}

// due is when a level may be raised or the oldest wish is too old.
func (s *State) due(cfg Config, after time.Time) time.Time {
	moments := s.levelDue(cfg)
	if e, ok := s.open(); ok {
		moments = append(moments, e.Stored.Add(events.WishAge+time.Millisecond))
	}
	return service.First(after, moments...)
}
