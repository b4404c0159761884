// Command bundle puts the TypeScript of a consumer that `slipway consumer init` writes
// into the one file that Node runs, so that nobody needs a package manager.
//
// Promise: the same source gives the same bytes; a test says when the committed file is
// not of the committed source.
//
// May assume: what is imported is Node's own or lies beside.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

//go:generate go run . ../cli/templates/consumer/ts

// Names in the folder of a consumer.
const (
	source = "consumer.ts"
	bundle = "consumer.mjs"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bundle FOLDER")
		os.Exit(2)
	}
	text, err := made(os.Args[1])
	if err == nil {
		err = os.WriteFile(filepath.Join(os.Args[1], bundle), text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

// made is the bundle of a folder.
func made(folder string) ([]byte, error) {
	whole, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", folder, err)
	}
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: whole, EntryPoints: []string{source}, Outfile: bundle, Bundle: true,
		Platform: api.PlatformNode, Format: api.FormatESModule, Engines: []api.Engine{{Name: api.EngineNode, Version: "18"}},
		Banner: map[string]string{"js": "// Made of consumer.ts by esbuild."},
	})
	if len(r.Errors) > 0 {
		return nil, fmt.Errorf("bundle %s: %s", folder, api.FormatMessages(r.Errors, api.FormatMessagesOptions{})[0])
	}
	return r.OutputFiles[0].Contents, nil
}
