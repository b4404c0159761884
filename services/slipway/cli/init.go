package cli

import (
	"embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

//go:embed templates
var templates embed.FS

// templateNames are the folders of templates.
var templateNames = []string{"http", "go", "worker"}

// schemaFile lies beside an app file, for editors.
const schemaFile = ".slipway/app.schema.json"

// created is what init wrote: a single kind.
type created struct {
	App   string   `json:"app"`
	Files []string `json:"files"`
}

// Name is the app's.
func (c created) Name() string { return c.App }

func newInitCommand(env *Env) *cobra.Command {
	var template, dir string
	var force bool
	cmd := &cobra.Command{
		Use: "init [NAME]", Short: "Write an app file to begin with", Args: cobra.MaximumNArgs(1),
		Example:     "  slipway init hello\n  slipway init jobs --template worker",
		Annotations: annotated("local", "0 2"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(templateNames, template) {
				return oneOf("template", template, templateNames)
			}
			c, err := env.begin(args, template, dir, force)
			if err != nil {
				return err
			}
			return env.show(output.Document{Kind: "Created", Single: c}, func(w io.Writer) error {
				for _, name := range c.Files {
					if _, err := fmt.Fprintln(w, name); err != nil {
						return err
					}
				}
				env.hint("next: " + env.aimed("slipway deploy "+c.Files[0]))
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&template, "template", "http", "http, go or worker")
	f.StringVar(&dir, "dir", "", "folder (default: NAME; without NAME this one)")
	f.BoolVar(&force, "force", false, "overwrite what is there")
	return cmd
}

// begin writes the files of a template; without force nothing is overwritten.
func (e *Env) begin(args []string, template, dir string, force bool) (created, error) {
	name, dir, err := place(args, dir)
	if err != nil {
		return created{}, err
	}
	files, err := filled(template, name, dir)
	if err != nil {
		return created{}, err
	}
	c := created{App: name}
	err = e.writeAll(files, force, &c)
	return c, err
}

// writeAll writes files and notes their names; without force nothing is overwritten.
func (e *Env) writeAll(files []templateFile, force bool, c *created) error {
	for _, f := range files {
		if _, err := os.Stat(f.path); err == nil && !force {
			return fault.New("SLW-U004", "%s is there already; nothing was written", f.path).Try(e.again("--force"))
		}
	}
	for _, f := range files {
		if err := f.write(); err != nil {
			return fault.New("SLW-U002", "%v", err)
		}
		c.Files = append(c.Files, f.path)
	}
	return nil
}

// place is the app's name and its folder.
func place(args []string, dir string) (name, folder string, err error) {
	switch {
	case len(args) == 1:
		name, folder = args[0], args[0]
	default:
		here, err := filepath.Abs(".")
		if err != nil {
			return "", "", fmt.Errorf("find this folder: %w", err)
		}
		name, folder = strings.ToLower(filepath.Base(here)), "."
	}
	if dir != "" {
		folder = dir
	}
	src := fmt.Sprintf("name: %s\ncommand: [slipway]\n", name)
	if _, errs := appfile.Parse("NAME", []byte(src), nil); len(errs) > 0 {
		return "", "", fault.New("SLW-U002", "%q cannot be the name of an app", name).Because(errs[0].Message)
	}
	return name, folder, nil
}

type templateFile struct {
	path string
	body []byte
}

func (f templateFile) write() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(f.path, f.body, 0o644)
}

// filled are a template's files, the app file first, and the schema its first line
// names.
func filled(template, name, dir string) (files []templateFile, err error) {
	files, err = texts("templates/"+template, dir, strings.NewReplacer("@NAME@", name, "@SCHEMA@", schemaFile))
	return append(files, templateFile{filepath.Join(dir, schemaFile), appfile.Schema()}), err
}
