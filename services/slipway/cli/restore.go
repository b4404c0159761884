package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/backup"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/plane"
	"slipway.dev/services/slipway/view"
)

// restoration is what a restore has made.
type restoration struct {
	File     string       `json:"file"`              // absolute
	Digest   string       `json:"digest"`            // of the file
	Data     string       `json:"data,omitempty"`    // absolute
	Servers  string       `json:"servers,omitempty"` // in place of a folder
	Cluster  string       `json:"cluster"`
	Position string       `json:"position"` // era:seq of the last event of the backup
	TakenAt  view.Time    `json:"takenAt"`
	Profile  string       `json:"profile"` // of the bus that was backed up
	Parts    []backupPart `json:"parts"`
	Next     []string     `json:"next"` // what is to be done now, in words
}

func newRestoreCommand(env *Env) *cobra.Command {
	var data, servers string
	cmd := &cobra.Command{
		Use: "restore FILE --data DIR", Args: cobra.ExactArgs(1), Short: "Make a data folder, or the log of a cluster that has none, from a backup",
		Example: "  slipway restore slipway.backup --data .slipway/dev\n" +
			"  slipway restore monday.backup --nats nats://127.0.0.1:4222,nats://127.0.0.1:4223,nats://127.0.0.1:4224",
		Annotations: annotated("local", "0 1 2 3 4 6 124 130"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := env.deadline(cmd.Context(), 0)
			defer cancel()
			return env.restore(ctx, args[0], data, servers)
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "the folder, empty or not there: nothing may run on it")
	cmd.Flags().StringVar(&servers, "nats", "", "or the three servers of a cluster whose buses run with --await-restore")
	return cmd
}

func (e *Env) restore(ctx context.Context, path, data, servers string) error {
	path, err := backupFile("FILE", path)
	if err != nil {
		return err
	}
	switch {
	case data == "" && servers == "":
		return fault.New("SLW-U002", "restore needs a data folder, or the servers of a cluster").Try("slipway restore " + path + " --data DIR")
	case data != "" && servers != "":
		return fault.New("SLW-U002", "--data and --nats are two places: a backup is restored into one").Try("slipway restore --help")
	case servers != "":
		return e.restoreInto(ctx, path, servers)
	}
	return e.restoreData(ctx, path, data)
}

func (e *Env) restoreData(ctx context.Context, path, data string) error {
	data, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	if err := backup.Free(data); err != nil {
		return occupied(path, data, err)
	}
	f, err := backup.Open(path, e.steps("proved"))
	if err != nil {
		return damaged(path, err)
	}
	defer f.Close()
	release, err := plane.Hold(data)
	if err != nil {
		return err
	}
	defer release()
	made, err := f.Restore(ctx, data, e.Now(), zerolog.Nop(), e.steps("restored"))
	if errors.Is(err, backup.ErrTaken) {
		return occupied(path, data, err)
	}
	if err != nil {
		return e.unfinished(ctx, err)
	}
	return e.showRestored(f, restoration{File: path, Data: data, Next: next(f.Manifest, data, made)}, made)
}

// restoreInto makes the log of a cluster whose servers have none.
func (e *Env) restoreInto(ctx context.Context, path, servers string) error {
	f, err := backup.Open(path, e.steps("proved"))
	if err != nil {
		return damaged(path, err)
	}
	defer f.Close()
	b, err := natscontext.Connect(ctx, natscontext.Context{Name: servers, URL: servers})
	if err != nil {
		return err
	}
	defer b.Close()
	made, err := f.RestoreInto(ctx, b, e.Now(), e.steps("restored"))
	if errors.Is(err, backup.ErrTaken) {
		return fault.New("SLW-U004", "the servers at %s hold a log", servers).
			Because("a backup is restored into servers that hold nothing, with their buses started by --await-restore").
			Try("slipway run bus --profile cluster --await-restore --help")
	}
	if errors.Is(err, bus.ErrNoStore) {
		return fault.New("SLW-C010", "%v", err).Because("nothing was restored").
			Try("slipway run bus --profile cluster --await-restore --store-max BYTES")
	}
	if err != nil {
		return e.unfinished(ctx, err)
	}
	all := append([]string{"the buses go on by themselves; start the others, without what they remember of another log"}, since(f.Manifest, made)...)
	return e.showRestored(f, restoration{File: path, Servers: servers, Next: all}, made)
}

func (e *Env) showRestored(f *backup.File, done restoration, made backup.Restored) error {
	m := f.Manifest
	done.Digest, done.Cluster, done.Position, done.Profile = f.Digest, m.Cluster, m.At, m.Profile
	done.TakenAt, done.Parts = view.Time{Time: m.TakenAt}, backupParts(m)
	doc := output.Document{Kind: "Restoration", At: made.Position, Time: e.Now(), Single: done}
	return e.show(doc, func(w io.Writer) error {
		said := fmt.Sprintf("%s: %s as it was at %s, %s", done.Data+done.Servers, m.Cluster, m.At, output.Clock(m.TakenAt, e.Now(), e.UTC))
		if err := e.showBackup(w, said, done.Parts); err != nil {
			return err
		}
		for _, line := range done.Next {
			if _, err := fmt.Fprintln(w, "next   "+line); err != nil {
				return err
			}
		}
		return nil
	})
}

// next tells what to do with a restored folder, and what it does not put right.
func next(m backup.Manifest, data string, made backup.Restored) []string {
	begin := "slipway run bus --data " + data
	if m.Profile == "dev" {
		begin = "slipway dev --data " + data
	}
	all := append([]string{begin}, since(m, made)...)
	if m.Profile == "cluster" {
		all = append(all, "it was a cluster of several servers; what is restored runs on one, and never start it with --cluster: restore --nats restores into a cluster")
	}
	return all
}

// since tells what is not as it was.
func since(m backup.Manifest, made backup.Restored) []string {
	all := []string{
		fmt.Sprintf("what happened after %s is lost; the log goes on in era %d", m.At, made.Era),
		"a node or gateway that served the old log is refused until its folder is moved away: it tells how",
		"who keeps a position of the log begins at 1 again",
	}
	if names := namesOf(m.Consumers); len(names) > 0 {
		all = append(all, "these consumers stand where they had acknowledged by then: "+strings.Join(names, ", "))
	}
	if len(m.Foreign) > 0 {
		all = append(all, "these consumers are not in the backup and are gone: "+strings.Join(m.Foreign, ", ")+"; slipway consumer add NAME --filter SUBJECT")
	}
	return all
}

func namesOf(all []bus.DurableCopy) (names []string) {
	for _, d := range all {
		names = append(names, d.Name)
	}
	return names
}

func occupied(path, data string, err error) error {
	return fault.New("SLW-U004", "%s is not empty", data).Because(err.Error()).Try("slipway restore " + path + " --data " + data + ".restored")
}

// damaged says that a file is no backup to restore from.
func damaged(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New("SLW-U002", "there is no file %s", path).Because(err.Error())
	}
	var d *backup.Damaged
	if !errors.As(err, &d) {
		return err
	}
	return fault.New("SLW-U002", "%v", err).Because("nothing was restored; take another copy of it, or an earlier backup").Try("sha256sum " + path)
}
