package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
	"slipway.dev/services/slipway/output"
)

// contextItem is a context as documents show it.
type contextItem struct {
	ID          string `json:"name"`
	NATS        string `json:"nats"`
	Selected    bool   `json:"selected"` // it is the one in use
	Description string `json:"description,omitempty"`
	Creds       string `json:"creds,omitempty"` // path
}

// Name is what a person types.
func (i contextItem) Name() string { return i.ID }

func newContextCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "context VERB", Short: "Say which clusters there are, and which one is meant",
		Example: "  slipway context ls\n  slipway context use dev",
		Args:    cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(contextList(env), contextUse(env), contextShow(env), contextSave(env), contextRemove(env))
	return cmd
}

func (e *Env) home() natscontext.Home { return natscontext.HomeOf(e.Getenv) }

// contextItems are all contexts; none being in use is no fault here.
func (e *Env) contextItems() (items []contextItem, err error) {
	all, err := e.home().List()
	if err != nil {
		return nil, err
	}
	now, _ := e.Cluster()
	for _, c := range all {
		items = append(items, item(c, now))
	}
	return items, nil
}

func item(c, now natscontext.Context) contextItem {
	return contextItem{ID: c.Short(), NATS: c.URL, Selected: c.Name == now.Name, Description: c.Description, Creds: c.Creds}
}

func (e *Env) showContexts(items []contextItem) error {
	return e.show(output.Document{Kind: "ContextList", Items: items}, func(w io.Writer) error {
		t := output.NewTable("NAME", "NATS", "IN USE", "DESCRIPTION")
		for _, i := range items {
			used := ""
			if i.Selected {
				used = "yes"
			}
			t.Row(i.ID, i.NATS, used, i.Description)
		}
		return t.Write(w, 0)
	})
}

func contextList(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the clusters known here", Args: cobra.NoArgs,
		Example: "  slipway context ls\n  slipway context ls -o json", Annotations: annotated("local", "0 2"),
		RunE: func(*cobra.Command, []string) error {
			items, err := env.contextItems()
			if err != nil {
				return err
			}
			return env.showContexts(items)
		},
	}
}

func contextUse(env *Env) *cobra.Command {
	var too bool
	cmd := &cobra.Command{
		Use: "use NAME", Short: "Mean this cluster from now on", Args: cobra.ExactArgs(1),
		Example: "  slipway context use dev\n  slipway context use dev --select", Annotations: annotated("local", "0 2 3"),
		RunE: func(_ *cobra.Command, args []string) error {
			name := natscontext.Full(args[0])
			if err := env.home().Choose(name); err != nil {
				return err
			}
			if !too {
				return nil
			}
			return env.home().Select(name)
		},
	}
	cmd.Flags().BoolVar(&too, "select", false, "select it for the nats command line too")
	return cmd
}

func contextShow(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "show [NAME]", Short: "Show one cluster's context, the one in use by default", Args: cobra.MaximumNArgs(1),
		Example: "  slipway context show\n  slipway context show dev", Annotations: annotated("local", "0 2 3"),
		RunE: func(_ *cobra.Command, args []string) error {
			now, err := env.Cluster()
			if len(args) == 0 && err != nil {
				return err
			}
			c := now
			if len(args) > 0 {
				if c, err = env.home().Load(natscontext.Full(args[0])); err != nil {
					return err
				}
			}
			return env.showContexts([]contextItem{item(c, now)})
		},
	}
}

func contextSave(env *Env) *cobra.Command {
	c := natscontext.Context{InboxPrefix: natscontext.Inbox}
	cmd := &cobra.Command{
		Use: "save NAME --nats URL", Short: "Keep a cluster under a name", Args: cobra.ExactArgs(1),
		Example: "  slipway context save dev --nats nats://127.0.0.1:4222\n  slipway context save shop --nats nats://127.0.0.1:4223 --creds shop.creds", Annotations: annotated("local", "0 2"),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if c.URL == "" {
				return fault.New("SLW-U002", "--nats is needed: where is the cluster?").
					Try("slipway context save " + args[0] + " --nats nats://127.0.0.1:4222")
			}
			if err := badServers("--nats", c.URL); err != nil {
				return err
			}
			if len(args[0]) > idMax || !soundID.MatchString(args[0]) {
				return fault.New("SLW-U002", "%q cannot be the name of a context", args[0]).
					Because(fmt.Sprintf("a name is 1 to %d of A-Z, a-z, 0-9, . _ and -", idMax))
			}
			if c.Creds != "" {
				if c.Creds, err = filepath.Abs(c.Creds); err != nil {
					return fmt.Errorf("find credentials: %w", err)
				}
			}
			c.Name = natscontext.Full(args[0])
			return env.home().Save(c)
		},
	}
	cmd.Flags().StringVar(&c.URL, "nats", "", "server addresses, separated by commas")
	cmd.Flags().StringVar(&c.Creds, "creds", "", "credentials file")
	cmd.Flags().StringVar(&c.Description, "description", "", "what it is")
	return cmd
}

func contextRemove(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "rm NAME", Short: "Forget a cluster; the cluster itself goes on", Args: cobra.ExactArgs(1),
		Example: "  slipway context rm dev\n  slipway context rm shop -o json", Annotations: annotated("local", "0 2 3"),
		RunE: func(_ *cobra.Command, args []string) error { return env.home().Remove(natscontext.Full(args[0])) },
	}
}
