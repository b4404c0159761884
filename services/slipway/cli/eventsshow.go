package cli

import (
	"encoding/json"
	"fmt"

	"slipway.dev/events"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// put writes one entry at once.
func (q *query) put(x entry) error {
	if q.table {
		return q.row(x)
	}
	if q.Output == "name" {
		_, err := fmt.Fprintln(q.Out, x.event.ID)
		return err
	}
	if !q.raw {
		_, err := q.Out.Write(append(x.m.Body[:len(x.m.Body):len(x.m.Body)], '\n'))
		return err
	}
	return writeLine(q.Out, rawEvent{
		Stream: x.stream, Era: x.m.Pos.Era, Seq: x.m.Pos.Seq, Subject: x.m.Subject,
		Stored: view.Time{Time: x.m.Stored}, Event: json.RawMessage(x.m.Body),
	})
}

// rawEvent is an event with where it stands.
type rawEvent struct {
	Stream  string          `json:"stream"`
	Era     uint32          `json:"era"`
	Seq     uint64          `json:"seq"`
	Subject string          `json:"subject"`
	Stored  view.Time       `json:"stored"`
	Event   json.RawMessage `json:"event"`
}

func (q *query) write(found []entry) error {
	if !q.table {
		for _, x := range found {
			if err := q.put(x); err != nil {
				return err
			}
		}
		return nil
	}
	t := output.NewTable(eventColumns...)
	for _, x := range found {
		t.Row(q.cells(x)...)
	}
	return t.Write(q.Out, q.width(q.Out))
}

// eventColumns are those of a table of events.
var eventColumns = []string{"SEQ", "TIME", "ENTITY", "ID", "HAPPENED", "ACTOR", "REASON"}

// cells are an event's in a table.
func (q *query) cells(x entry) []string {
	seq := fmt.Sprintf("#%d", x.m.Pos.Seq)
	if x.stream == events.StreamWishes {
		seq = "wish " + seq
	}
	return []string{
		seq, output.Clock(x.m.Stored, q.Now(), q.UTC), x.event.Kind.Entity, x.event.Subject,
		x.event.Kind.Happened, x.event.Actor, x.event.Reason,
	}
}

// row writes one event of a table that has no end, so its columns are as wide as most
// need; the names stand above the first.
func (q *query) row(x entry) error {
	const form = "%-8s  %-8s  %-10s  %-22s  %-14s  %-18s  %s\n"
	if !q.began {
		q.began = true
		if err := q.line(form, eventColumns); err != nil {
			return err
		}
	}
	return q.line(form, q.cells(x))
}

func (q *query) line(form string, cells []string) error {
	shown := make([]any, len(cells))
	for i, c := range cells {
		shown[i] = output.Printable(c)
	}
	_, err := fmt.Fprintf(q.Out, form, shown...)
	return err
}
