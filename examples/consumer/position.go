package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

// eraKey is where the stream says which life of it this is.
const eraKey = "slipway.era"

// restore reads how far a file says this has come. Without a file, and in another era
// of the log, it is the beginning.
func restore(file string, log *jetstream.StreamInfo) (events.Position, error) {
	era, err := strconv.ParseUint(log.Config.Metadata[eraKey], 10, 32)
	if err != nil {
		return events.Position{}, fmt.Errorf("read the era of %s: %w", log.Config.Name, err)
	}
	begin := events.Position{Era: uint32(era)}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return begin, nil
	}
	if err != nil {
		return events.Position{}, err
	}
	last, err := events.ParsePosition(string(text))
	if err != nil || last.Era != begin.Era {
		return begin, err
	}
	return last, nil
}

// must ends the program on an error.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
