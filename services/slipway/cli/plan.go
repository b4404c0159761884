package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

func newPlanCommand(env *Env) *cobra.Command {
	var tell bool
	cmd := &cobra.Command{
		Use: "plan [FILE]", Short: "Show what deploy would do, and do nothing", Args: cobra.MaximumNArgs(1),
		Example:     "  slipway plan\n  slipway plan shop/app.yaml --exit-code",
		Annotations: annotated("read", "0 1 2 3 4 5 10"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := appFile(args)
			apps, err := env.read(file, nil)
			if err != nil {
				return err
			}
			list, err := env.prepare(cmd.Context(), file, apps)
			if err != nil {
				return err
			}
			return env.looking(cmd.Context(), "", func(_ context.Context, s *session) error {
				var plans []view.Plan
				for _, p := range list {
					plans = append(plans, s.plan(p.App, callable(list)...))
				}
				return s.showPlans(file, plans, tell)
			})
		},
	}
	cmd.Flags().BoolVar(&tell, "exit-code", false, "10 if something would change")
	return cmd
}

func (s *session) showPlans(file string, plans []view.Plan, tell bool) error {
	f := unmet(plans)
	doc := s.document("PlanList", plans)
	doc.Error = f
	err := s.show(doc, func(w io.Writer) error {
		for _, p := range plans {
			s.planText(w, p)
			if !p.Noop && len(p.Refused) == 0 {
				fmt.Fprint(w, behind("Nothing has been changed.   ", s.aimed("slipway deploy "+fileArgument(file)+"--plan "+p.ID), s.width(w)))
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case f != nil:
		return f
	case tell && !allNoop(plans):
		return differs
	}
	return nil
}

// behind puts a command behind words, or below them where the terminal is too narrow:
// it is never broken, so that it can be copied.
func behind(words, command string, width int) string {
	if width > 0 && output.Width(words+command) > width && strings.TrimSpace(words) != "" {
		return strings.TrimRight(words, " ") + "\n  " + command + "\n"
	}
	return words + command + "\n"
}

func fileArgument(file string) string {
	if slices.Contains(defaultFiles, file) {
		return ""
	}
	return file + " "
}

func allNoop(plans []view.Plan) bool {
	return !slices.ContainsFunc(plans, func(p view.Plan) bool { return !p.Noop })
}

// unmet is the fault of the first plan that cannot be met, with all its reasons.
func unmet(plans []view.Plan) *fault.Fault {
	for _, p := range plans {
		if len(p.Refused) == 0 {
			continue
		}
		f := fault.New(planCode, "the plan for %s cannot be met", p.App).Try("slipway nodes")
		for _, r := range p.Refused {
			f.Because(r.Message)
		}
		return f
	}
	return nil
}

// planCode is that of a plan that cannot be met: the plan is told in full, so the
// codes of its reasons stand in it.
const planCode = "SLW-D002"

// planText writes a plan as a person reads it, no line wider than the terminal.
func (s *session) planText(to io.Writer, p view.Plan) {
	var w strings.Builder
	s.planLines(&w, p, s.width(to))
	_, _ = io.WriteString(to, output.Fit(w.String(), s.width(to), planIndent)) // a reader that has enough is no fault
}

// planIndent is how far a line of a plan goes in that had to be broken.
const planIndent = 7

// planLines writes a plan; width is the terminal's, 0 for no bound.
func (s *session) planLines(w io.Writer, p view.Plan, width int) {
	from := "new"
	if p.Base != 0 {
		from = fmt.Sprint(p.Base)
	}
	if p.Noop {
		fmt.Fprintf(w, "Plan %s  context %s  log #%d     %s: up to date (release %d)\n", p.ID, s.label.Name, s.log.Position().Seq, p.App, p.Release)
		return
	}
	way := fmt.Sprintf("release %s -> %d", from, p.Release)
	if p.Release == p.Base {
		way = fmt.Sprintf("release %d stays", p.Base)
	}
	fmt.Fprintf(w, "Plan %s  context %s  log #%d     %s  %s   %s   %s\n", p.ID, s.label.Name, s.log.Position().Seq,
		p.App, way, p.Strategy, output.Count(p.Instances, "instance"))
	s.planChanges(w, p)
	for _, x := range p.Placement {
		if x.Action == "start" || s.Output == "wide" {
			fmt.Fprintf(w, "  %-5s %s on %s\n", x.Action, x.Instance, orDash(x.Node))
		}
	}
	stepsText(w, p.Steps)
	fmt.Fprintln(w, "Holds for this change")
	guaranteeText(w, p.Guarantees, width)
	for _, x := range p.Warnings {
		fmt.Fprintln(w, "warning: "+output.Printable(x))
	}
	for _, x := range p.Refused {
		fmt.Fprintf(w, "refused: %s [%s]\n", output.Printable(x.Message), x.Code)
	}
}

// stepsText tells the steps of a canary.
func stepsText(w io.Writer, steps []view.Stage) {
	if len(steps) < 2 {
		return
	}
	for _, s := range steps {
		then := ""
		if len(s.Checks) > 0 {
			then = ", judged by " + strings.Join(s.Checks, ", ")
		}
		switch {
		case s.Approval:
			then += ", then slipway promote"
		case s.PauseMs != nil:
			then += ", for " + (time.Duration(*s.PauseMs) * time.Millisecond).String()
		}
		fmt.Fprintf(w, "  step %d of %d: %g%% of the requests on %s%s\n", s.Index, len(steps), s.Share*100, output.Count(s.Instances, "instance"), then)
	}
}

// guaranteeText tells what holds for a change: as a table where that fits, else each
// with its reason below it.
func guaranteeText(w io.Writer, list []view.Claim, width int) {
	t := output.NewTable("", "", "", "", "")
	for _, g := range list {
		t.Row(yes(g.Holds), g.Name, g.Bound, g.Reason, g.Fix)
	}
	var table strings.Builder
	writeRows(&table, t)
	widest := 0
	for _, line := range strings.Split(table.String(), "\n") {
		widest = max(widest, output.Width(line))
	}
	if width == 0 || widest <= width {
		fmt.Fprint(w, table.String())
		return
	}
	for _, g := range list {
		fmt.Fprintf(w, "  %-4s %s   %s\n", yes(g.Holds), g.Name, g.Bound)
		for _, words := range []string{g.Reason, g.Fix} {
			if words != "" {
				fmt.Fprintln(w, strings.Repeat(" ", planIndent)+output.Printable(words))
			}
		}
	}
}

// writeRows writes the rows of a table without its names, indented.
func writeRows(w io.Writer, t *output.Table) {
	var b strings.Builder
	_ = t.Write(&b, 0) // a strings.Builder takes everything
	for i, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		if i > 0 {
			fmt.Fprintln(w, "  "+strings.TrimRight(strings.TrimSuffix(line, "  -"), " "))
		}
	}
}

// planChanges writes the fields that change; of a new app only that it is new.
func (s *session) planChanges(w io.Writer, p view.Plan) {
	if p.Base == 0 && s.Output != "wide" {
		fmt.Fprintf(w, "  + %s is new here\n", p.App)
		return
	}
	for _, c := range p.Changes {
		mark := map[string]string{"add": "+", "remove": "-", "change": "~"}[c.Op]
		words := fmt.Sprintf("  %s %s  %s", mark, c.Path, values(c))
		if !c.Restarts {
			words += "  (no restart)"
		}
		fmt.Fprintln(w, output.Printable(words))
	}
}

func values(c view.Change) string {
	switch c.Op {
	case "add":
		return fmt.Sprintf("%q", fmt.Sprint(c.To))
	case "remove":
		return fmt.Sprintf("%q", fmt.Sprint(c.From))
	}
	return fmt.Sprintf("%q -> %q", fmt.Sprint(c.From), fmt.Sprint(c.To))
}
