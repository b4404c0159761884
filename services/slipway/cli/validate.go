package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// validation is what validate found: a single kind.
type validation struct {
	Valid  bool             `json:"valid"`
	Apps   []string         `json:"apps"`
	Errors []appfile.Error  `json:"errors"`
	files  map[string]int   // apps of each sound file
	order  []string         // of the files
	faults []*fault.Fault   // of what could not be read at all
	broken []appfile.Errors // by file
}

func newValidateCommand(env *Env) *cobra.Command {
	var schema bool
	cmd := &cobra.Command{
		Use: "validate [FILE…]", Short: "Check app files; no cluster is needed",
		Example:     "  slipway validate\n  slipway validate --schema",
		Annotations: annotated("local", "0 2"),
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				_, err := env.Out.Write(appfile.Schema())
				return err
			}
			if len(args) == 0 {
				args = []string{appFile(nil)}
			}
			return env.validated(env.validate(args))
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of an app file instead")
	return cmd
}

func (e *Env) validate(files []string) validation {
	v := validation{Valid: true, Apps: []string{}, Errors: []appfile.Error{}, files: map[string]int{}, order: files}
	for _, name := range files {
		src, err := e.source(name)
		if err != nil {
			v.Valid, v.faults = false, append(v.faults, fault.Of(err))
			continue
		}
		apps, errs := appfile.Parse(name, src, e.lookup)
		if len(errs) > 0 {
			v.Valid, v.broken = false, append(v.broken, errs)
			v.Errors = append(v.Errors, errs...)
			continue
		}
		v.files[name] = len(apps)
		for _, a := range apps {
			v.Apps = append(v.Apps, a.Document.Name)
		}
	}
	return v
}

// validated shows what was found.
func (e *Env) validated(v validation) error {
	var all appfile.Errors
	for _, errs := range v.broken {
		all = append(all, errs...)
	}
	var f *fault.Fault
	switch {
	case len(all) > 0:
		f = invalid(all)
	case len(v.faults) > 0:
		f = v.faults[0]
	}
	err := e.show(output.Document{Kind: "Validation", Single: v, Error: f}, func(w io.Writer) error {
		for _, name := range v.order {
			if n, ok := v.files[name]; ok {
				if _, err := fmt.Fprintf(w, "%s: ok, %s\n", name, output.Count(n, "app")); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return errors.Join(err, orNil(f))
}

// orNil is f as an error that is nil when there is none.
func orNil(f *fault.Fault) error {
	if f == nil {
		return nil
	}
	return f
}
