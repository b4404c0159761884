package edge

import (
	"log"
	"strings"

	"github.com/rs/zerolog"
)

// serverLog is where net/http writes what went wrong with a connection: whoever scans
// the internet makes a line each, so they are seen when somebody looks for them.
func serverLog(l zerolog.Logger) *log.Logger { return log.New(debug{l}, "", 0) }

type debug struct{ zerolog.Logger }

func (d debug) Write(line []byte) (int, error) {
	d.Debug().Msg(strings.TrimSpace(string(line)))
	return len(line), nil
}
