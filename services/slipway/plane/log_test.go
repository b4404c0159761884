package plane

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhereLogLinesGo(t *testing.T) {
	for _, c := range []struct {
		name           string
		log            Log
		screen, inFile string // levels
	}{
		{"a service writes all to stderr", Log{Level: "info"}, "info warn", ""},
		{"warnings only, unless asked", Log{Level: "warn", Terminal: true}, "warn", ""},
		{"a terminal keeps its banner", Log{Level: "info", Terminal: true}, "warn", "info"},
		{"a file takes all", Log{Level: "info", File: "log"}, "", "info warn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			var screen bytes.Buffer
			path := filepath.Join(dir, "slipway.log")
			if c.log.Stderr = &screen; c.log.File != "" {
				c.log.File, path = filepath.Join(dir, "log"), filepath.Join(dir, "log")
			}
			log, done, err := c.log.open(dir)
			if err != nil {
				t.Fatal(err)
			}
			log.Info().Msg("x")
			log.Warn().Msg("x")
			done()
			file, _ := os.ReadFile(path)
			for _, level := range []string{"info", "warn"} {
				if got := strings.Contains(screen.String(), level); got != strings.Contains(c.screen, level) {
					t.Errorf("%s on the screen: %v", level, got)
				}
				if got := bytes.Contains(file, []byte(level)); got != strings.Contains(c.inFile, level) {
					t.Errorf("%s in the file: %v", level, got)
				}
			}
		})
	}
	if _, _, err := (Log{Level: "loud"}).open(t.TempDir()); code(err) != "SLW-U002" {
		t.Errorf("no level: %v", err)
	}
}
