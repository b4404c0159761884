package cli

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// explanation is what explain tells: a single kind.
type explanation struct {
	Subject string `json:"subject"`
	Of      string `json:"of"` // code, field or type
	Text    string `json:"text"`
}

// Name is what was explained.
func (e explanation) Name() string { return e.Subject }

func newExplainCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "explain CODE|FIELD|TYPE", Short: "Tell what an error code, a field of the app file or an event type means",
		Example:     "  slipway explain SLW-D012\n  slipway explain app.deploy",
		Annotations: annotated("local", "0 2 3"), Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			x, err := explain(args[0])
			if err != nil {
				return err
			}
			return env.show(output.Document{Kind: "Explanation", Single: x}, func(w io.Writer) error {
				_, err := io.WriteString(w, x.Text)
				return err
			})
		},
	}
}

func explain(what string) (explanation, error) {
	if strings.HasPrefix(strings.ToUpper(what), "SLW-") {
		if text, ok := fault.Explain(what); ok {
			return explanation{strings.ToUpper(what), "code", text}, nil
		}
		return explanation{}, unexplained(what, codes())
	}
	if what == "app" || strings.HasPrefix(what, "app.") {
		if text, ok := appfile.Explain(what); ok {
			return explanation{what, "field", text}, nil
		}
	}
	if text, ok := explainType(what); ok {
		return explanation{what, "type", text}, nil
	}
	if text, ok := appfile.Explain(what); ok {
		return explanation{what, "field", text}, nil
	}
	return explanation{}, unexplained(what, append(codes(), typeNames()...))
}

func unexplained(what string, known []string) error {
	f := fault.New("SLW-E001", "nothing is called %s", what)
	if near := nearest.Of(strings.ToUpper(what), known); near != "" {
		return f.Because(fmt.Sprintf("did you mean %q?", near)).Try("slipway explain " + near)
	}
	if near := nearest.Of(what, known); near != "" {
		return f.Because(fmt.Sprintf("did you mean %q?", near)).Try("slipway explain " + near)
	}
	return f.Try("slipway explain app", "slipway events types")
}

func codes() (list []string) {
	for _, r := range fault.Table {
		list = append(list, r.Code)
	}
	return list
}

func typeNames() (list []string) {
	for _, r := range events.Catalog {
		if !r.Kind.IsWish() {
			list = append(list, r.Kind.Name())
		}
	}
	return list
}

// explainType tells of an event type: release.promoted, or its whole name.
func explainType(name string) (string, bool) {
	var b strings.Builder
	for _, r := range events.Catalog {
		if r.Kind.Name() != name && r.Kind.Type() != name {
			continue
		}
		who := "said by " + r.Kind.Owner
		if r.Kind.IsWish() {
			who = "wished by people, CI and integrators"
		}
		fmt.Fprintf(&b, "%s\n  type     %s\n  who      %s\n  subject  %s\n", r.Kind.Name(), r.Kind.Type(), who,
			events.Subject(r.Kind, "APP", "PLACE"))
		fmt.Fprintf(&b, "  data     %s\n", strings.Join(fieldNames(r.Type), ", "))
	}
	return b.String(), b.Len() > 0
}

// fieldNames are the JSON names of a payload's fields.
func fieldNames(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, fieldNames(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
