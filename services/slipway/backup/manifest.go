package backup

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

const (
	format       = "slipway-backup/1"
	manifestName = "manifest.json"
	manifestMax  = 1 << 20 // bytes; a manifest has a line a stream
)

// Manifest says what a backup holds.
type Manifest struct {
	Format   string          `json:"format"`
	Cluster  string          `json:"cluster"` // its id
	Profile  string          `json:"profile"` // dev, single, cluster
	Position events.Position `json:"-"`       // of the last event in it
	At       string          `json:"position"`
	Last     string          `json:"lastEvent"` // that event's id
	TakenAt  time.Time       `json:"takenAt"`
	Version  string          `json:"version"` // of the slipway that took it
	Level    int             `json:"level"`   // the newest event level that slipway reads
	Events   Account         `json:"events"`
	Parts    []Part          `json:"parts"`

	Consumers []bus.DurableCopy `json:"consumers"` // of integrators, as they stood before the log was copied
	Foreign   []string          `json:"foreign"`   // other durable consumers, which somebody made himself: they are not in the backup
}

// Part is one stream in a backup.
type Part struct {
	bus.StreamCopy
	File   string `json:"file"` // its name in the archive
	Size   int64  `json:"size"` // bytes of that file
	SHA256 string `json:"sha256"`
}

// readManifest reads and understands the manifest of an archive.
func readManifest(z *zip.Reader) (m Manifest, err error) {
	f, err := z.Open(manifestName)
	if err != nil {
		return m, fmt.Errorf("no manifest: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, manifestMax))
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if m.Format != format {
		return m, fmt.Errorf("manifest of format %q, want %q", m.Format, format)
	}
	if m.Position, err = events.ParsePosition(m.At); err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	return m, m.complete()
}

// complete tells whether every stream that must be there is.
func (m Manifest) complete() error {
	if len(m.Parts) != len(bus.Truth) {
		return fmt.Errorf("manifest of %d parts, want %d", len(m.Parts), len(bus.Truth))
	}
	for i, stream := range bus.Truth {
		if m.Parts[i].Stream != stream {
			return fmt.Errorf("manifest: part %d is %s, want %s", i+1, m.Parts[i].Stream, stream)
		}
	}
	if m.Position.IsZero() || m.Position.Seq != m.Parts[0].Last {
		return errors.New("manifest: its position is not that of its log")
	}
	return nil
}
