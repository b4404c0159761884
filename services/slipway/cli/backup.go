package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/backup"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// backedUp is what a backup holds.
type backedUp struct {
	File     string       `json:"file"` // absolute
	Bytes    int64        `json:"bytes"`
	Cluster  string       `json:"cluster"`
	Position string       `json:"position"` // era:seq of the last event in it
	TakenAt  view.Time    `json:"takenAt"`
	Parts    []backupPart `json:"parts"`
}

type backupPart struct {
	Stream   string `json:"stream"`
	Messages uint64 `json:"messages"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

func newBackupCommand(env *Env) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use: "backup --to FILE", Args: cobra.NoArgs, Short: "Copy what the cluster is made from into one file, while it runs",
		Example:     "  slipway backup --to slipway.backup\n  slipway backup --to /srv/backups/monday.backup -o json",
		Annotations: annotated("read", "0 1 2 3 4 5 130"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := backupFile("--to", to)
			if err != nil {
				return err
			}
			if folder := filepath.Dir(path); !isFolder(folder) {
				return fault.New("SLW-U002", "--to %s: there is no folder %s", path, folder).Try("mkdir -p " + folder)
			}
			ctx, cancel := env.deadline(cmd.Context(), 0)
			defer cancel()
			b, c, err := env.Connect(ctx)
			if err != nil {
				return err
			}
			defer b.Close()
			m, err := backup.Take(ctx, b, path, env.Now(), env.steps("copied"))
			if err != nil {
				return env.unfinished(ctx, err)
			}
			done := env.backedUp(path, m)
			doc := output.Document{Kind: "Backup", Context: c.Name, At: m.Position, Time: env.Now(), Single: done}
			return env.show(doc, func(w io.Writer) error {
				return env.showBackup(w, fmt.Sprintf("%s: %s at %s, %s", path, m.Cluster, m.At, output.Bytes(done.Bytes)), done.Parts)
			})
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the file; one that is there is replaced (needed)")
	return cmd
}

// backupFile is the absolute path of a backup a person named: a file, as it is read
// from its end.
func backupFile(flag, path string) (string, error) {
	switch path {
	case "":
		return "", fault.New("SLW-U002", "%s needs a file", flag).Try("slipway backup --to slipway.backup")
	case "-":
		return "", fault.New("SLW-U002", "%s - cannot be: a backup is read from its end, so it needs a file", flag).Try("slipway backup --to slipway.backup")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fault.New("SLW-U002", "%s %s: %v", flag, path, err)
	}
	switch i, err := os.Stat(path); {
	case err == nil && i.IsDir():
		return "", fault.New("SLW-U002", "%s %s is a folder", flag, path)
	case err == nil && !i.Mode().IsRegular():
		return "", fault.New("SLW-U002", "%s %s is a device or a pipe, and no file", flag, path)
	}
	return path, nil
}

func isFolder(path string) bool {
	i, err := os.Stat(path)
	return err == nil && i.IsDir()
}

func (e *Env) backedUp(path string, m backup.Manifest) backedUp {
	done := backedUp{File: path, Cluster: m.Cluster, Position: m.At, TakenAt: view.Time{Time: m.TakenAt}, Parts: backupParts(m)}
	if i, err := os.Stat(path); err == nil {
		done.Bytes = i.Size()
	}
	return done
}

func backupParts(m backup.Manifest) (parts []backupPart) {
	for _, p := range m.Parts {
		parts = append(parts, backupPart{Stream: p.Stream, Messages: p.Messages, Bytes: p.Size, SHA256: p.SHA256})
	}
	return parts
}

func (e *Env) showBackup(w io.Writer, first string, parts []backupPart) error {
	if _, err := fmt.Fprintln(w, first); err != nil {
		return err
	}
	t := output.NewTable("STREAM", "MESSAGES", "SIZE")
	for _, p := range parts {
		t.Row(p.Stream, fmt.Sprint(p.Messages), output.Bytes(p.Bytes))
	}
	return t.Write(w, e.width(w))
}
