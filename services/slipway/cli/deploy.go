package cli

import (
	"context"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// deploy is one run of the verb.
type deploy struct {
	*Env
	file    string
	plan    string
	set     []string
	noWait  bool
	waitFor string
	force   bool
}

func newDeployCommand(env *Env) *cobra.Command {
	d := &deploy{Env: env}
	cmd := &cobra.Command{
		Use: "deploy [FILE]", Short: "Make an app as its file says, and wait until it is", Args: cobra.MaximumNArgs(1),
		Example:     "  slipway deploy\n  slipway deploy shop/app.yaml -y --set version=v3",
		Annotations: annotated("wish", "0 1 2 3 4 5 6 7 124 130"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d.file = appFile(args)
			return d.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.plan, "plan", "", "id of the plan this rests on; refused if the state moved since")
	f.StringArrayVar(&d.set, "set", nil, "PATH=VALUE in place of what the file says")
	f.BoolVar(&d.noWait, "no-wait", false, "end when the wish is accepted")
	f.StringVar(&d.waitFor, "wait-for", "completed", "completed, promoted or paused")
	f.BoolVar(&d.force, "force", false, "a new release though nothing changed")
	return cmd
}

// goals are what --wait-for may say.
var goals = map[string]view.Goal{"completed": view.Completed, "promoted": view.Promoted, "paused": view.PausedToo}

func (d *deploy) goal() (view.Goal, error) {
	goal, ok := goals[d.waitFor]
	if !ok {
		return 0, oneOf("wait-for", d.waitFor, []string{"completed", "promoted", "paused"})
	}
	if d.noWait {
		goal = view.Answered
	}
	return goal, nil
}

func (d *deploy) run(ctx context.Context) error {
	goal, err := d.goal()
	if err != nil {
		return err
	}
	ctx, cancel := d.deadline(ctx, 0)
	defer cancel()
	apps, err := d.read(d.file, d.set)
	if err != nil {
		return err
	}
	if d.plan != "" && len(apps) > 1 {
		return fault.New("SLW-U002", "--plan names the plan of one app, %s has %d", d.file, len(apps))
	}
	list, err := d.prepare(ctx, d.file, apps)
	if err != nil {
		return err
	}
	s, err := d.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	return d.all(ctx, s, list, goal)
}

// underWay is the journey of a release that makes exactly this document already: a
// deploy that was detached is taken up again, not overtaken by itself.
func (s *session) underWay(p prepared, goal view.Goal) (*view.Journey, bool) {
	a, _ := s.log.App(p.Document.Name)
	if a == nil || a.Live == 0 || a.Pending != nil || a.Accepted == nil || a.Retired {
		return nil, false
	}
	live := s.log.Current(p.Document.Name, a.Live)
	if a.Accepted.Hash != p.Document.Hash() || live.Revision != p.Document.Revision() || live.Aborted != "" {
		return nil, false
	}
	return s.log.Watching(p.Document.Name, goal)
}

// wishAndFollow wishes and follows until the goal.
func (s *session) wishAndFollow(ctx context.Context, action string, goal view.Goal, data events.Payload) (view.Deployment, error) {
	w, at, err := s.wish(ctx, data)
	if err != nil {
		return view.Deployment{}, err
	}
	return s.travel(ctx, &view.Journey{App: w.App, Wish: at, ID: w.ID, Goal: goal, Back: action == "rollback"}, action)
}

// travel follows a journey and tells what it came to.
func (s *session) travel(ctx context.Context, j *view.Journey, action string) (view.Deployment, error) {
	ended := s.follower(j).alone(ctx)
	return s.result(ctx, j, action, ended)
}

// plan is what a declaration would do now, beside the apps of the same file.
func (s *session) plan(app appfile.App, beside ...string) view.Plan {
	return s.log.Plan(app.Document, s.Now(), fault.CodeOf, appfile.Warnings(app.Document), beside...)
}

// callable are the apps of a file that others may use.
func callable(list []prepared) (names []string) {
	for _, p := range list {
		if p.Document.MeshPort() != "" {
			names = append(names, p.Document.Name)
		}
	}
	return names
}
