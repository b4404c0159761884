package cli

import (
	"io"

	"slipway.dev/services/slipway/output"
)

// show writes a result to stdout as the flags ask: a document, ids, or as a person
// reads it.
func (e *Env) show(d output.Document, person func(w io.Writer) error) error {
	e.aim(d.Error)
	e.told = e.Output == "json" || e.Output == "yaml"
	switch e.Output {
	case "json":
		return d.JSON(e.Out)
	case "yaml":
		return d.YAML(e.Out)
	case "name":
		return d.Names(e.Out)
	}
	return person(e.Out)
}
