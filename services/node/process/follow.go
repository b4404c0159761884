package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"slipway.dev/services/node/driver"
)

const (
	// followEvery is the delay a line may have; a batch holds what came in one.
	followEvery = 250 * time.Millisecond
	// batchLines bounds a batch: more come in the next one.
	batchLines = 500
)

// Follow hands over the lines of both outputs until the instance has ended and everything was read. How far it got stands
// in follow.json, written after each batch: after a crash of the agent a batch may come twice, none is left out.
func (d *Driver) Follow(ctx context.Context, id string, batch func([]driver.Line)) error {
	if err := named(id); err != nil {
		return err
	}
	f := d.folder(id)
	at, err := readJSON[map[string]cursor](f.path("follow.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errTorn) {
		return fmt.Errorf("follow %s: %w", id, err)
	}
	if at == nil {
		at = &map[string]cursor{}
	}
	readers := map[string]*reader{}
	for _, s := range streams {
		readers[s] = &reader{path: f.log(s), at: (*at)[s]}
	}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		l, err := f.look() // before reading: what it wrote before it ended is read below
		if err != nil {
			return fmt.Errorf("follow %s: %w", id, err)
		}
		if l.Order == nil {
			return driver.ErrUnknown
		}
		over := l.Exit != nil || !l.Kept
		lines, more, err := read(id, readers, over)
		if err != nil {
			return fmt.Errorf("follow %s: %w", id, err)
		}
		if len(lines) > 0 {
			batch(lines)
			next := map[string]cursor{}
			for s, r := range readers {
				next[s] = r.at
			}
			if err := writeJSON(f.path("follow.json"), next); err != nil {
				return fmt.Errorf("follow %s: %w", id, err)
			}
		}
		switch {
		case more && ctx.Err() == nil:
			continue
		case over && !more:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func read(id string, readers map[string]*reader, over bool) (lines []driver.Line, more bool, err error) {
	now := time.Now()
	for _, s := range streams {
		pieces, rest, err := readers[s].next(batchLines/len(streams), over)
		if err != nil {
			return nil, false, err
		}
		more = more || rest
		for _, p := range pieces {
			lines = append(lines, driver.Line{Instance: id, Stream: s, Time: now, Text: p.text, Cut: p.cut})
		}
	}
	return lines, more, nil
}
