package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/events/schema"
	"slipway.dev/pkg/nearest"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

func newSchemaCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "schema VERB", Short: "Show the JSON Schemas of events, and hold events to them",
		Example:     "  slipway schema ls\n  slipway schema get release.promoted",
		Annotations: annotated("local", "0"),
		Args:        cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSchemaListCommand(env), newSchemaGetCommand(env), newSchemaValidateCommand(env))
	return cmd
}

func newSchemaListCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the types that have a schema", Args: cobra.NoArgs,
		Example:     "  slipway schema ls\n  slipway schema ls -o name",
		Annotations: annotated("local", "0"),
		RunE: func(*cobra.Command, []string) error {
			list := types()
			return env.show(output.Document{Kind: "TypeList", Items: list}, func(w io.Writer) error {
				t := output.NewTable("TYPE", "OWNER", "SCHEMA")
				for _, x := range list {
					t.Row(x.Type, x.Owner, x.Schema)
				}
				return t.Write(w, env.width(w))
			})
		},
	}
}

func newSchemaGetCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "get TYPE", Short: "Print the schema of a type's data, or of the envelope", Args: cobra.ExactArgs(1),
		Example:     "  slipway schema get release.promoted\n  slipway schema get wish.rollback.requested\n  slipway schema get envelope",
		Annotations: annotated("local", "0 2 3"),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := schemaOf(args[0])
			if err == nil {
				_, err = env.Out.Write(text)
			}
			return err
		},
	}
}

func newAsyncAPICommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "asyncapi", Short: "Print the AsyncAPI document of all events and wishes", Args: cobra.NoArgs,
		Example:     "  slipway asyncapi\n  slipway asyncapi > asyncapi.json",
		Annotations: annotated("local", "0"),
		RunE: func(*cobra.Command, []string) error {
			text, err := asyncAPI()
			if err == nil {
				_, err = env.Out.Write(text)
			}
			return err
		},
	}
}

// envelope is what schema get calls the schema around all others.
const envelope = "envelope"

// schemaOf is the schema a person names: release.promoted, wish.app.declared, the
// whole type, or envelope.
func schemaOf(name string) ([]byte, error) {
	if name == envelope {
		return schema.Envelope(), nil
	}
	known := []string{envelope}
	for _, r := range events.Catalog {
		typ := r.Kind.Type()
		if typ == name || shortType(typ) == name {
			text, _ := schema.Of(typ)
			return text, nil
		}
		known = append(known, shortType(typ))
	}
	return nil, noType(name, known)
}

// shortType is a type without what all of ours have: release.promoted.
func shortType(typ string) string {
	short := strings.TrimPrefix(typ, "dev.slipway.")
	return short[:strings.LastIndexByte(short, '.')]
}

func noType(name string, known []string) error {
	f := fault.New("SLW-E001", "no event is called %s", name)
	slices.Sort(known)
	if near := nearest.Of(name, known); near != "" {
		return f.Because("did you mean \"" + near + "\"?").Try("slipway schema get " + near)
	}
	return f.Try("slipway schema ls")
}
