package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/slipway/fault"
)

// defaultFiles are looked for where none is named.
var defaultFiles = []string{"app.yaml", "app.yml"}

// stdin is the file that is not one.
const stdin = "-"

// appFile finds the file a verb means.
func appFile(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	for _, name := range defaultFiles {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return defaultFiles[0]
}

// read reads an app file: its apps, or all of its errors as one fault.
func (e *Env) read(name string, settings []string) ([]appfile.App, error) {
	src, err := e.source(name)
	if err != nil {
		return nil, err
	}
	var set []appfile.Setting
	for _, s := range settings {
		set = append(set, appfile.Setting(s))
	}
	apps, errs := appfile.ParseSet(name, src, e.lookup, set)
	if len(errs) > 0 {
		return nil, invalid(errs)
	}
	return apps, nil
}

func (e *Env) source(name string) ([]byte, error) {
	if name == stdin {
		src, err := io.ReadAll(e.In)
		if err != nil {
			return nil, fault.New("SLW-F010", "stdin: %v", err)
		}
		return src, nil
	}
	src, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New("SLW-F010", "there is no file %s", name).Try("slipway init")
	}
	if err != nil {
		return nil, unreadable(name, err)
	}
	return src, nil
}

// unreadable tells of a file that cannot be read; of a folder, which file was meant.
func unreadable(name string, err error) error {
	f := fault.New("SLW-F010", "%v", err)
	for _, usual := range defaultFiles {
		if _, none := os.Stat(filepath.Join(name, usual)); none == nil {
			return f.Because(fmt.Sprintf("did you mean %q?", filepath.Join(name, usual)))
		}
	}
	return f
}

// lookup is a variable of the environment; one that is empty is not set.
func (e *Env) lookup(name string) (string, bool) {
	v := e.Getenv(name)
	return v, v != ""
}

// invalid is all errors of a file as one fault, shown as the file's reader shows them.
func invalid(errs appfile.Errors) *fault.Fault {
	f := fault.New(string(errs[0].Code), "%d errors in the app file; nothing was sent", len(errs))
	if len(errs) == 1 {
		f = fault.New(string(errs[0].Code), "1 error in the app file; nothing was sent")
	}
	for _, e := range errs {
		f.Because(e.Error())
	}
	return f.Shown(appfile.Render(errs))
}

// beside is a path as its app file means it: relative to the file's folder.
func beside(file, path string) string {
	if filepath.IsAbs(path) || file == stdin {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// unfit is a fault at a field of an app file that only shows when it is used.
func unfit(app appfile.App, field string, format string, args ...any) error {
	return invalid(appfile.Errors{app.Fault(field, appfile.Unreadable, fmt.Sprintf(format, args...))})
}
