package plane

import (
	"io"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"slipway.dev/services/slipway/fault"
)

// Log says where the log lines go.
type Log struct {
	Level    string    // trace, debug, info, warn, error
	File     string    // empty: Stderr
	Stderr   io.Writer // JSON lines
	Terminal bool      // Stderr is one: info and below would hide the banner
}

// open makes the logger; close it with the function returned.
func (l Log) open(data string) (zerolog.Logger, func(), error) {
	level, err := zerolog.ParseLevel(l.Level)
	if err != nil || l.Level == "" {
		return zerolog.Nop(), nil, fault.New("SLW-U002", "--log-level %q is not a level", l.Level).
			Because("the levels are trace, debug, info, warn, error")
	}
	var to zerolog.LevelWriter = zerolog.MultiLevelWriter(l.Stderr)
	done := func() {}
	path := l.File
	if path == "" && l.Terminal && level < zerolog.WarnLevel {
		path = filepath.Join(data, "slipway.log")
	}
	if path != "" {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return zerolog.Nop(), nil, fault.New("SLW-C010", "open log: %v", err)
		}
		done = func() { f.Close() }
		to = zerolog.MultiLevelWriter(f)
		if l.File == "" {
			to = twofold{low: f, high: l.Stderr}
		}
	}
	return zerolog.New(to).Level(level).With().Timestamp().Logger(), done, nil
}

// twofold writes warnings and worse where a person looks, the rest to a file.
type twofold struct{ low, high io.Writer }

func (t twofold) Write(b []byte) (int, error) { return t.low.Write(b) }

// WriteLevel is zerolog's.
func (t twofold) WriteLevel(l zerolog.Level, b []byte) (int, error) {
	if l >= zerolog.WarnLevel {
		return t.high.Write(b)
	}
	return t.low.Write(b)
}

// logged keeps what went wrong at the end of a run for whoever reads the log.
func logged(log zerolog.Logger, err error, what string) {
	if err != nil {
		log.Warn().Err(err).Msg(what)
	}
}
