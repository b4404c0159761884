package appfile

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	index    = regexp.MustCompile(`^[0-9]+$`)
)

// join writes a path as people read it: ports.http.host, files[0].path, labels["a.b"].
func join(path []string) string {
	var b strings.Builder
	for _, step := range path {
		switch {
		case index.MatchString(step):
			b.WriteString("[" + step + "]")
		case !plainKey.MatchString(step):
			b.WriteString("[" + strconv.Quote(step) + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		}
	}
	return b.String()
}

// split reads what join wrote.
func split(path string) []string {
	var steps []string
	for path != "" {
		if path[0] == '.' {
			path = path[1:]
			continue
		}
		if path[0] == '[' {
			if quoted, err := strconv.QuotedPrefix(path[1:]); err == nil && strings.HasPrefix(path[1+len(quoted):], "]") {
				step, _ := strconv.Unquote(quoted)
				steps, path = append(steps, step), path[len(quoted)+2:]
				continue
			}
			if end := strings.IndexByte(path, ']'); end > 0 {
				steps, path = append(steps, path[1:end]), path[end+1:]
				continue
			}
		}
		end := strings.IndexAny(path[1:], ".[") + 1
		if end == 0 {
			end = len(path)
		}
		steps, path = append(steps, path[:end]), path[end:]
	}
	return steps
}

// parent is the path without its last step.
func parent(path []string) []string { return path[:max(0, len(path)-1)] }
