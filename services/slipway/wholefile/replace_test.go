package wholefile

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A reader that looks all the while sees whole files only.
func TestAReaderNeverSeesHalfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	files := [][]byte{bytes.Repeat([]byte("a"), 64<<10), bytes.Repeat([]byte("b"), 1)}
	done := make(chan error, 1)
	go func() {
		var err error
		for i := range 100 {
			if err = Replace(path, files[i%2], 0o600); err != nil {
				break
			}
		}
		done <- err
	}()
	for {
		if got, err := os.ReadFile(path); err == nil && !bytes.Equal(got, files[0]) && !bytes.Equal(got, files[1]) {
			t.Fatalf("%d bytes", len(got))
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			left(t, path)
			return
		default:
		}
	}
}

// left: for its owner alone, and nothing beside it.
func left(t *testing.T, path string) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if all, _ := os.ReadDir(filepath.Dir(path)); len(all) != 1 {
		t.Errorf("%d files", len(all))
	}
}
