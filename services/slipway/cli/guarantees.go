package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/guarantees"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// latest is how many events are measured where --since does not say otherwise: as many
// as are read within two seconds.
const latest = 100_000

// measuring is one run of the verb.
type measuring struct {
	*Env
	app, since string
	strict     bool
}

// measuredOver is what stands beside the items of a GuaranteeList.
type measuredOver struct {
	Since  view.Time         `json:"since"`  // of the first event that was measured
	NotYet []guarantees.Part `json:"notYet"` // promises that nothing measures yet
}

func newGuaranteesCommand(env *Env) *cobra.Command {
	m := &measuring{Env: env}
	cmd := &cobra.Command{
		Use: "guarantees", Short: "Measure what the platform promises, by what its log says", Args: cobra.NoArgs,
		Example:     "  slipway guarantees\n  slipway guarantees --since 24h --strict",
		Annotations: annotated("read", "0 3 5 8"),
		RunE:        func(cmd *cobra.Command, _ []string) error { return m.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&m.app, "app", "", "of one app alone")
	f.StringVar(&m.since, "since", "", "from a time, an age such as 24h, or #18190 (default: the last 100000 events)")
	f.BoolVar(&m.strict, "strict", false, "too few samples are a failure too")
	return cmd
}

func (m *measuring) run(ctx context.Context) error {
	ctx, cancel := m.deadline(ctx, readTimeout)
	defer cancel()
	s, err := m.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	from, began, err := m.from(ctx, s)
	if err != nil {
		return err
	}
	fold, err := s.guaranteed(ctx, from, guarantees.Options{App: m.app, Since: began})
	if err != nil {
		return s.away(ctx, err)
	}
	if m.app != "" && !fold.Knows(m.app) {
		f := fault.New("SLW-E001", "no app %s in context %s", m.app, s.label.Short())
		if near := nearest.Of(m.app, fold.Apps()); near != "" {
			f.Because(fmt.Sprintf("did you mean %q?", near))
		}
		return f.Try("slipway status")
	}
	return m.show(s, fold)
}

// from is the position after which the log is read, and from when on samples count.
func (m *measuring) from(ctx context.Context, s *session) (events.Position, time.Time, error) {
	head, err := s.bus.Head(ctx)
	if err != nil {
		return head, time.Time{}, s.away(ctx, err)
	}
	s.era = head.Era
	if m.since == "" {
		return events.Position{Era: head.Era, Seq: head.Seq - min(head.Seq, latest)}, time.Time{}, nil
	}
	began, err := s.when(ctx, m.since)
	if err != nil {
		return head, began, err
	}
	first, err := s.bus.At(ctx, began.Add(-guarantees.Before))
	if err != nil { // nothing is so young
		return head, began, nil
	}
	return before(first), began, nil
}

// guaranteed folds the log after a position, and what the gateways told since.
func (s *session) guaranteed(ctx context.Context, after events.Position, o guarantees.Options) (*guarantees.Fold, error) {
	f := guarantees.NewFold(o)
	end, err := s.bus.Head(ctx)
	if err != nil {
		return f, err
	}
	take := func(m service.Message) {
		s.era = m.Pos.Era
		if kind, _, _, err := events.ParseSubject(m.Subject); err != nil || !guarantees.HearsKind(kind) {
			f.Skip(m.Pos, m.Stored)
			return
		}
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err != nil || e.Decode() != nil {
			f.Skip(m.Pos, m.Stored) // doctor tells of what cannot be read
			return
		}
		e.Pos, e.Stored = m.Pos, m.Stored
		f.Hear(e)
	}
	if err := s.between(ctx, after, end, nil, take); err != nil {
		return f, err
	}
	s.log.Skip(end)
	err = s.bus.Telemetry(ctx, gatewaySamples, f.Began(), false, func(t events.Telemetry) error {
		f.HearSamples(t)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.hint("what the gateways counted cannot be read: " + err.Error())
		err = nil
	}
	return f, err
}

// show shows how every guarantee stands; one that is violated ends with 8.
func (m *measuring) show(s *session, f *guarantees.Fold) error {
	all := f.Read(s.Now())
	doc := s.document("GuaranteeList", all)
	doc.Single = measuredOver{Since: view.Time{Time: f.Began()}, NotYet: guarantees.NotYet}
	if err := m.Env.show(doc, func(w io.Writer) error { return m.table(w, all) }); err != nil {
		return err
	}
	broken := false
	for _, g := range all {
		holds, known := g.Holds.Known()
		if known && !holds {
			s.hint("violated: " + g.ID + ": " + m.aimed(evidenceWords(g)))
		}
		broken = broken || known && !holds || !known && m.strict
	}
	if broken {
		return violated
	}
	return nil
}

// evidenceWords name the facts that broke a guarantee.
func evidenceWords(g guarantees.Guarantee) string {
	if len(g.Evidence) == 0 {
		return g.Check
	}
	return fmt.Sprintf("slipway events get %d", g.Evidence[len(g.Evidence)-1])
}

func (m *measuring) table(w io.Writer, all []guarantees.Guarantee) error {
	t := output.NewTable("#", "NAME", "HOLDS", "MEASURED", "BOUND", "SAMPLES", "CLAIM")
	for _, g := range all {
		row, measured := strconv.Itoa(g.Row), "-"
		if g.Row == 0 {
			row = "-"
		}
		if g.Measured != nil {
			measured = strconv.FormatFloat(g.Measured.Value, 'f', -1, 64) + " " + g.Measured.Unit
		}
		t.Row(row, g.ID, verdictWord(g), measured, g.Bound.String(), strconv.Itoa(g.Samples), g.Claim)
	}
	for _, p := range guarantees.NotYet {
		t.Row(strconv.Itoa(p.Row), "-", "not yet", "-", "-", "-", p.Claim+": waits for "+p.Waits)
	}
	return t.Write(w, m.width(w))
}

func verdictWord(g guarantees.Guarantee) string {
	switch holds, known := g.Holds.Known(); {
	case !known && g.Samples == 0:
		return "unmeasured"
	case !known:
		return "too few"
	case holds:
		return "ok"
	}
	return "violated"
}
