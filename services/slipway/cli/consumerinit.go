package cli

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// begun is a language in which a consumer can begin, and how its folder is run.
type begun struct{ lang, run string }

// consumerLanguages are the folders of templates/consumer.
var consumerLanguages = []begun{
	{"go", "GOWORK=off go run ."},
	{"python", "python3 consumer.py"},
	{"ts", "node consumer.mjs"},
	{"sh", "sh consumer.sh"},
}

func consumerInit(env *Env) *cobra.Command {
	var lang string
	var force bool
	cmd := &cobra.Command{
		Use: "init DIR --lang go|python|ts|sh", Short: "Write a program that reads the log, to begin with", Args: cobra.ExactArgs(1),
		Example:     "  slipway consumer init mybot --lang python\n  slipway consumer init mybot --lang go",
		Annotations: annotated("local", "0 2"),
		RunE: func(_ *cobra.Command, args []string) error {
			i := slices.IndexFunc(consumerLanguages, func(b begun) bool { return b.lang == lang })
			if i < 0 {
				return oneOf("lang", lang, languages())
			}
			return env.beginConsumer(args[0], consumerLanguages[i], force)
		},
	}
	cmd.Flags().StringVar(&lang, "lang", "", strings.Join(languages(), ", "))
	cmd.Flags().BoolVar(&force, "force", false, "overwrite what is there")
	_ = cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(languages(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func languages() (all []string) {
	for _, b := range consumerLanguages {
		all = append(all, b.lang)
	}
	return all
}

// beginConsumer writes a folder; its name is the consumer's.
func (e *Env) beginConsumer(dir string, in begun, force bool) error {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find folder %s: %w", dir, err)
	}
	c := created{App: filepath.Base(whole)}
	anything := []string{events.Filter("", "", "", "", "")}
	if why := provisioner.Check(events.WishIntegrationDeclared{OfConsumer: events.OfConsumer{Consumer: c.App}, Filters: anything}); why != "" {
		return fault.New("SLW-U002", "%s cannot be a consumer", c.App).Because(why)
	}
	files, err := texts("templates/consumer/"+in.lang, dir, strings.NewReplacer("@NAME@", c.App))
	if err != nil {
		return err
	}
	if err := e.writeAll(files, force, &c); err != nil {
		return err
	}
	return e.show(output.Document{Kind: "Created", Single: c}, func(w io.Writer) error {
		for _, name := range c.Files {
			if _, err := fmt.Fprintln(w, name); err != nil {
				return err
			}
		}
		e.hint("next: cd " + dir + " && " + in.run)
		return nil
	})
}

// texts are the files of a folder of templates, filled in.
func texts(root, dir string, fill *strings.Replacer) (files []templateFile, err error) {
	err = fs.WalkDir(templates, root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := templates.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, strings.TrimSuffix(strings.TrimPrefix(path, root+"/"), ".txt"))
		files = append(files, templateFile{to, []byte(fill.Replace(string(body)))})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", root, err)
	}
	return files, nil
}
