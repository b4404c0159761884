package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/events/schema"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// eventCheck is what schema validate found of one event: an item of EventCheckList.
type eventCheck struct {
	Number int      `json:"number"` // in its file, from 1
	ID     string   `json:"id"`
	Type   string   `json:"type"`
	Valid  bool     `json:"valid"`
	Errors []string `json:"errors"`
}

// Name is the event's id.
func (c eventCheck) Name() string { return c.ID }

func newSchemaValidateCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "validate FILE", Short: "Hold the events of a file, one or many, to their schemas", Args: cobra.ExactArgs(1),
		Example:     "  slipway schema validate event.json\n  slipway events -o json | slipway schema validate -",
		Annotations: annotated("local", "0 2"),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := env.source(args[0])
			if err != nil {
				return err
			}
			checks, err := newEventChecker().all(text)
			if err != nil {
				return fault.New("SLW-U002", "%s: event %d is no JSON: %v", args[0], len(checks)+1, err)
			}
			return env.checked(args[0], checks)
		},
	}
}

// checked shows what was found.
func (e *Env) checked(file string, checks []eventCheck) error {
	f := wrongEvents(file, checks)
	err := e.show(output.Document{Kind: "EventCheckList", Items: checks, Error: f}, func(w io.Writer) error {
		if f != nil {
			return nil
		}
		_, err := fmt.Fprintf(w, "%s: ok, %s\n", file, output.Count(len(checks), "event"))
		return err
	})
	return errors.Join(err, orNil(f))
}

// wrongEvents is the fault of those that are not valid, nil when all are.
func wrongEvents(file string, checks []eventCheck) *fault.Fault {
	var why []string
	wrong := 0
	for _, c := range checks {
		if !c.Valid {
			wrong++
		}
		for _, what := range c.Errors {
			why = append(why, fmt.Sprintf("event %d (%s): %s", c.Number, c.Type, what))
		}
	}
	switch {
	case len(checks) == 0:
		return fault.New("SLW-U002", "%s holds no event", file)
	case wrong > 0:
		return fault.New("SLW-U002", "%s: %d of %s not valid", file, wrong, output.Count(len(checks), "event")).Because(why...)
	}
	return nil
}

// eventChecker compiles each schema once.
type eventChecker struct {
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema // by type; envelope beside them
}

func newEventChecker() *eventChecker {
	c := &eventChecker{jsonschema.NewCompiler(), map[string]*jsonschema.Schema{}}
	c.compiler.AssertFormat()
	return c
}

// all checks the events of a text: one object, or one after the other.
func (c *eventChecker) all(text []byte) (checks []eventCheck, err error) {
	in := json.NewDecoder(bytes.NewReader(text))
	for {
		var one json.RawMessage
		switch err := in.Decode(&one); {
		case errors.Is(err, io.EOF):
			return checks, nil
		case err != nil:
			return checks, err
		}
		check := c.check(one)
		check.Number = len(checks) + 1
		checks = append(checks, check)
	}
}

// check holds one event to the envelope's schema, its data to its type's, and then
// reads it as every reader does. Of a type that is not ours the data are free.
func (c *eventChecker) check(text []byte) eventCheck {
	var head struct {
		ID, Type string
		Data     json.RawMessage
	}
	_ = json.Unmarshal(text, &head) // what is no object fails the schema
	found := c.violations(envelope, schema.Envelope(), text)
	if own, known := schema.Of(head.Type); known && head.Data != nil {
		found = append(found, c.violations(head.Type, own, head.Data)...)
	}
	if e, err := events.Scan(text); len(found) == 0 && err != nil {
		found = append(found, err.Error())
	} else if err := e.Decode(); len(found) == 0 && err != nil {
		found = append(found, err.Error())
	}
	return eventCheck{ID: head.ID, Type: head.Type, Valid: len(found) == 0, Errors: append([]string{}, found...)}
}

// violations are what a schema finds wrong, each with its place.
func (c *eventChecker) violations(name string, schema, text []byte) (found []string) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return []string{err.Error()}
	}
	var wrong *jsonschema.ValidationError
	if err := c.schema(name, schema).Validate(value); !errors.As(err, &wrong) {
		return nil
	}
	for _, unit := range wrong.BasicOutput().Errors {
		if unit.Error != nil {
			found = append(found, spot(name, unit.InstanceLocation)+": "+unit.Error.String())
		}
	}
	return found
}

// spot is where in the event something is wrong.
func spot(name, pointer string) string {
	if name != envelope {
		return "/data" + pointer
	}
	if pointer == "" {
		return "the envelope"
	}
	return pointer
}

func (c *eventChecker) schema(name string, text []byte) *jsonschema.Schema {
	if s := c.compiled[name]; s != nil {
		return s
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = c.compiler.AddResource(name, value)
	}
	if err != nil {
		panic("schema " + name + ": " + err.Error()) // embedded when this was compiled
	}
	c.compiled[name] = c.compiler.MustCompile(name)
	return c.compiled[name]
}
