package process

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// logBytes is when a log is rotated; with one older generation a stream takes twice that on disk.
const logBytes = 10 << 20

// older is the rotated generation of a log.
func older(path string) string { return path + ".1" }

// rotate copies a log that has grown to size, then truncates it: the workload holds it open and will not open another.
// Lines written between the copy and the truncation are lost. The copy takes its name last, so that a reader who sees a
// new older generation knows that the log begins anew.
func rotate(path string, size int64) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() < size {
		return nil
	}
	if err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	next := path + ".next"
	if err := copyFile(path, next); err != nil {
		os.Remove(next)
		return fmt.Errorf("rotate log: %w", err)
	}
	if err := os.Truncate(path, 0); err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	if err := os.Rename(next, older(path)); err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
