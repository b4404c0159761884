package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

const folder = "../cli/templates/consumer/ts"

func TestTheCommittedBundleIsOfTheCommittedSource(t *testing.T) {
	want, err := made(folder)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(folder, bundle))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is not what %s makes: make docs", bundle, source)
	}
}

func TestWhatCannotBeBundledIsSaid(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, source), []byte("import './absent.js'"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := made(dir); err == nil {
		t.Error("an import of nothing was bundled")
	}
}
