package plane

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"
)

// hangups are the SIGHUPs of this process: a gateway is replaced then, and whatever
// cannot be says so. One that comes because the terminal went away is an end.
type hangups struct {
	signals  chan os.Signal
	terminal bool // there was one to go away
}

// hearHangups begins to hear; stop it at the end.
func hearHangups() hangups {
	h := hangups{signals: make(chan os.Signal, 1), terminal: !signal.Ignored(syscall.SIGHUP) && onTerminal()}
	signal.Notify(h.signals, syscall.SIGHUP)
	return h
}

func (h hangups) stop() { signal.Stop(h.signals) }

// gone tells whether the terminal this process was started from is away.
func (h hangups) gone() bool { return h.terminal && !onTerminal() }

// onTerminal tells whether this process has a terminal that may signal it.
func onTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// refuse says of each SIGHUP why nothing follows, until ctx ends. The context it
// returns ends with the terminal too.
func (h hangups) refuse(ctx context.Context, log zerolog.Logger, why string) context.Context {
	ctx, end := context.WithCancel(ctx)
	go func() {
		defer end()
		for {
			select {
			case <-ctx.Done():
				return
			case <-h.signals:
			}
			if h.gone() {
				return
			}
			log.Warn().Str("signal", "SIGHUP").Msg("ignored: " + why)
		}
	}()
	return ctx
}
