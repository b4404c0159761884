package view

import "slipway.dev/events"

// Link is one item of a Chain: effect first, then what caused it.
type Link struct {
	Stream  string `json:"stream"`
	Seq     uint64 `json:"seq"`
	Event   string `json:"event"`
	Type    string `json:"type"`
	Subject string `json:"subject"`
	Actor   string `json:"actor"`
	Reason  string `json:"reason,omitempty"`
	Time    Time   `json:"time"`

	era  uint32
	fact Fact
}

// Name is the event's id.
func (k Link) Name() string { return k.Event }

// Fact is the fact of the link.
func (k Link) Fact() Fact { return k.fact }

// Chain walks from a fact to the wish or the fault that began it. wishes are the
// wishes still kept, by id; one that is forgotten ends the chain with what its fact
// restates.
func (l *Log) Chain(from Fact, wishes map[string]Fact) (chain []Link) {
	seen := map[string]bool{}
	for f, ok := from, true; ok && !seen[f.ID]; {
		seen[f.ID] = true
		chain = append(chain, link(f))
		if f.Cause == "" {
			return chain
		}
		next, known := l.facts[f.Cause]
		if !known {
			next, known = wishes[f.Cause]
		}
		if !known && !f.Wish.IsZero() {
			next, known = forgotten(f), true
		}
		f, ok = next, known
	}
	return chain
}

func link(f Fact) Link {
	return Link{
		Stream: f.Stream, Seq: f.Pos.Seq, Event: f.ID, Type: f.Kind.Type(), Subject: f.Subject,
		Actor: f.Actor, Reason: f.Reason, Time: Time{f.Time}, era: f.Pos.Era, fact: f,
	}
}

// forgotten is a wish that is no longer kept, as the fact that answered it tells.
func forgotten(f Fact) Fact {
	kind := f.Kind
	kind.Owner = events.OwnerWish
	return Fact{
		Stream: events.StreamWishes, Pos: f.Wish, ID: f.Cause, Kind: kind, App: f.App, Subject: f.Subject,
		Actor: f.Actor, Reason: "forgotten after 30 days; its fact restates it", Time: f.Time,
	}
}

// WishFact is a wish as a link of a chain.
func WishFact(e events.Event) Fact { return factOf(events.StreamWishes, e) }
