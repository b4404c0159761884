package process

import (
	"bytes"
	"io"
	"os"
	"strings"

	"slipway.dev/services/node/driver"
)

// Tail is the end of the last try's output: of stdout, then of stderr, where a cause of death most often stands. Each may
// fill what the other leaves of n lines and TailBytes.
func (d *Driver) Tail(id string, n int) []string {
	if named(id) != nil {
		return nil
	}
	f := d.folder(id)
	l, err := f.look()
	if err != nil || l.Order == nil || n <= 0 {
		return nil
	}
	var from map[string]int64
	if l.Running != nil {
		from = l.Running.LogFrom
	}
	var out, errs []string
	if l.Running != nil || l.Kept {
		out = tailLines(f.log("stdout"), from["stdout"])
		errs = tailLines(f.log("stderr"), from["stderr"])
	}
	kept := share(errs, n-min(n/2, len(out)), driver.TailBytes-min(driver.TailBytes/2, size(out)))
	return append(share(out, n-len(kept), driver.TailBytes-size(kept)), kept...)
}

// share is the end of lines within both bounds; a single line that is too long gives its own end.
func share(lines []string, n, bytes int) []string {
	first, left := len(lines), bytes
	for first > 0 && len(lines)-first < n {
		need := len(lines[first-1]) + 1
		if need > left {
			break
		}
		left -= need
		first--
	}
	if first == len(lines) && first > 0 && n > 0 && bytes > 1 {
		last := lines[first-1]
		return []string{strings.ToValidUTF8(last[len(last)-bytes+1:], "")}
	}
	return lines[first:]
}

func size(lines []string) int {
	n := 0
	for _, l := range lines {
		n += len(l) + 1
	}
	return n
}

// tailLines reads the lines at the end of a log that begin at or after from; a log shorter than from was rotated since.
func tailLines(path string, from int64) []string {
	b, whole := lastBytes(path, from, driver.TailBytes)
	if len(b) < driver.TailBytes && whole && (from == 0 || logSize(path) < from) {
		old, oldWhole := lastBytes(older(path), 0, driver.TailBytes-len(b))
		b, whole = append(old, b...), oldWhole
	}
	if !whole {
		if i := bytes.IndexByte(b, '\n'); i >= 0 && i < len(b)-1 {
			b = b[i+1:] // begins in the middle of a line
		}
	}
	text := strings.TrimRight(strings.ToValidUTF8(string(b), "?"), "\r\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, "\r")
	}
	return lines
}

func logSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// lastBytes reads at most n bytes from the end, none before from, and tells whether that is all there is after from.
func lastBytes(path string, from int64, n int) (b []byte, whole bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, true
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, true
	}
	if from > info.Size() {
		from = 0
	}
	at := max(from, info.Size()-int64(n))
	b, _ = io.ReadAll(io.NewSectionReader(file, at, info.Size()-at))
	return b, at == from
}
