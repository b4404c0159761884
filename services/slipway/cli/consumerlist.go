package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// answerWait is how long the provisioner may take: it asks the server once.
const answerWait = 20 * time.Second

// consumerItem is one item of ConsumerList.
type consumerItem struct {
	ID        string    `json:"name"`
	Filters   []string  `json:"filters"`
	Stream    string    `json:"stream"`
	Position  *uint64   `json:"position,omitempty"` // sequence up to which everything was acknowledged
	Pending   uint64    `json:"pending"`            // messages to come
	Connected bool      `json:"connected"`          // somebody asks for messages now
	CreatedAt view.Time `json:"createdAt"`
	From      string    `json:"from"`                // era:seq of the first event it may be given
	Publisher string    `json:"publisher,omitempty"` // slipway.ext.<publisher>.> is where it speaks
	Bearer    bool      `json:"bearer,omitempty"`
}

// Name is the consumer's.
func (c consumerItem) Name() string { return c.ID }

func consumerList(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the consumers, and how far each has read", Args: cobra.NoArgs,
		Example:     "  slipway consumer ls\n  slipway consumer ls -o json",
		Annotations: annotated("read", "0 3 4 5"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := env.deadline(cmd.Context(), readTimeout)
			defer cancel()
			s, err := env.connect(ctx)
			if err != nil {
				return err
			}
			defer s.close()
			return s.showConsumers(ctx, "", nil)
		},
	}
}

// showConsumers shows those of a name, or all. shown, if any, hears which.
func (s *session) showConsumers(ctx context.Context, name string, shown func([]consumerItem)) error {
	head, list, err := s.consumers(ctx)
	if err != nil {
		return s.away(ctx, err)
	}
	if name != "" {
		list = slices.DeleteFunc(list, func(c consumerItem) bool { return c.ID != name })
	}
	d := output.Document{Kind: "ConsumerList", Context: s.label.Name, At: head, Time: s.Now(), Items: list}
	err = s.show(d, func(w io.Writer) error { return s.consumerTable(w, list) })
	if err == nil && shown != nil {
		shown(list)
	}
	return err
}

// consumers are those that were granted, with what the server says of each.
func (s *session) consumers(ctx context.Context) (head events.Position, list []consumerItem, err error) {
	if head, err = s.head(ctx); err != nil {
		return head, nil, err
	}
	granted := map[string]consumerItem{}
	filter := events.Filter("", provisioner.Owner, "", "consumer", "")
	err = s.bus.Fetch(ctx, filter, events.Position{}, head, func(m service.Message) error {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil {
			err = e.Decode()
		}
		switch d := e.Data.(type) {
		case events.ConsumerCreated:
			granted[d.Consumer] = consumerOf(d, granted[d.Consumer], e.Time)
		case events.ConsumerRemoved:
			delete(granted, d.Consumer)
		}
		return err
	})
	if err != nil {
		return head, nil, err
	}
	for _, name := range service.Sorted(granted) {
		c := granted[name]
		if err := s.reading(ctx, &c); err != nil {
			return head, nil, err
		}
		list = append(list, c)
	}
	return head, list, nil
}

// consumerOf is a consumer as it was granted; one that was granted before is as old.
func consumerOf(d events.ConsumerCreated, before consumerItem, at time.Time) consumerItem {
	c := consumerItem{
		ID: d.Consumer, Filters: d.Filters, Stream: d.Stream, CreatedAt: before.CreatedAt,
		From: d.From, Publisher: d.Publisher, Bearer: d.Bearer,
	}
	if before.ID == "" {
		c.CreatedAt = view.Time{Time: at}
	}
	return c
}

// reading asks the server how far a consumer has read.
func (s *session) reading(ctx context.Context, c *consumerItem) error {
	d, err := s.bus.Durable(ctx, c.ID)
	switch {
	case errors.Is(err, bus.ErrNoDurable), errors.Is(err, bus.ErrForeign):
		return nil // swept; the provisioner will say so
	case err != nil:
		return err
	}
	c.Pending, c.Connected = d.Pending, d.Waiting > 0
	if d.Acked > 0 {
		c.Position = &d.Acked
	}
	return nil
}

// consumerNames offers the names of consumers to a shell, or nothing.
func (e *Env) consumerNames(cmd *cobra.Command, _ []string, begun string) (names []string, _ cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionWait)
	defer cancel()
	if s, err := e.connect(ctx); err == nil {
		defer s.close()
		_, list, _ := s.consumers(ctx)
		for _, c := range list {
			if strings.HasPrefix(c.ID, begun) {
				names = append(names, c.ID)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// filters offers subjects to begin with.
func (e *Env) filters(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{
		events.Filter("", "", "", "release", ""), events.Filter("", "", "", "instance", ""), events.Filter("", "", "", "", ""),
	}, cobra.ShellCompDirectiveNoFileComp
}
