package cli

import (
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"slipway.dev/services/slipway/fault"
)

// variable is the environment's name of a flag: ready-file is SLIPWAY_READY_FILE.
func variable(flag string) string {
	return "SLIPWAY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fill sets the flags that were not given.
func fill(cmd *cobra.Command, value func(*pflag.Flag) string) (err error) {
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		v := value(f)
		if err != nil || f.Changed || v == "" {
			return
		}
		if set := cmd.Flags().Set(f.Name, v); set != nil {
			err = fault.New("SLW-U002", "%s=%q: %v", variable(f.Name), v, set)
		}
	})
	return err
}

// fromFile gives flags the values of a YAML file: storeMax is --store-max.
func fromFile(cmd *cobra.Command, path string) error {
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return fault.New("SLW-U002", "--config: %v", err)
	}
	values := map[string]string{}
	if err := yaml.Unmarshal(b, &values); err != nil {
		return fault.New("SLW-U002", "--config %s: %v", path, err)
	}
	for key := range values {
		if cmd.Flags().Lookup(kebab(key)) == nil {
			return fault.New("SLW-U002", "--config %s: no such key %q", path, key)
		}
	}
	return fill(cmd, func(f *pflag.Flag) string {
		for key, v := range values {
			if kebab(key) == f.Name {
				return v
			}
		}
		return ""
	})
}

// kebab spells a key of a file as a flag.
func kebab(key string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(key, ".", "-") {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// terminal tells whether somebody looks at a stream.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
