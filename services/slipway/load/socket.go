package load

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"slipway.dev/pkg/wait"
)

// socket holds one WebSocket open and expects each message back. When the server
// ends it, by a goodbye or by cutting it, it is opened again.
func (r *Running) socket(ctx context.Context, n int) {
	for message := 0; ctx.Err() == nil; {
		ws, err := r.dial(ctx)
		if err != nil {
			if ctx.Err() == nil {
				r.tally.bad("WS not opened", err.Error())
				wait.For(ctx, r.config.Beat)
			}
			continue
		}
		r.tally.count(&r.tally.Opened)
		message = r.converse(ctx, ws, n, message)
		ws.CloseNow()
	}
}

func (r *Running) dial(ctx context.Context) (*websocket.Conn, error) {
	u, err := url.Parse(r.config.URL)
	if err != nil {
		return nil, err
	}
	u.Scheme, u.Path = strings.Replace(u.Scheme, "http", "ws", 1), r.config.Path
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{Host: r.config.Host})
	return ws, err
}

// converse says one message after another until the socket or the load ends, and
// returns how many were said.
func (r *Running) converse(ctx context.Context, ws *websocket.Conn, n, message int) int {
	answers, ended := make(chan string), make(chan error, 1)
	live, stop := context.WithCancel(context.WithoutCancel(ctx)) // the load's end cuts no message
	defer stop()
	go listen(live, ws, answers, ended)
	beat := time.NewTicker(r.config.Beat)
	defer beat.Stop()
	for {
		message++
		if !r.echo(live, ws, fmt.Sprintf("%d/%d", n, message), answers, ended) {
			return message
		}
		select {
		case <-ctx.Done():
			return message
		case err := <-ended:
			r.ended(err)
			return message
		case <-beat.C:
		}
	}
}

// listen reads all the while, as a client does that learns at once of the end.
func listen(ctx context.Context, ws *websocket.Conn, answers chan<- string, ended chan<- error) {
	for {
		_, b, err := ws.Read(ctx)
		if err != nil {
			ended <- err
			return
		}
		select {
		case answers <- string(b):
		case <-ctx.Done():
			return
		}
	}
}

// echo says one message and waits for it; false when the socket is of no more use.
func (r *Running) echo(ctx context.Context, ws *websocket.Conn, message string, answers <-chan string, ended <-chan error) bool {
	began := time.Now()
	if err := ws.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		r.ended(err)
		return false
	}
	select {
	case answer := <-answers:
		if answer != message {
			r.tally.bad("WS wrong", answer)
			return false
		}
		r.tally.good(wsEcho, "", time.Since(began))
		return true
	case err := <-ended:
		r.ended(err)
	case <-time.After(r.config.Timeout):
		r.tally.bad("WS unanswered", message)
	}
	return false
}

// ended counts how a socket was ended. A message under way is not known to be lost:
// whoever holds a socket over its server's end asks again.
func (r *Running) ended(err error) {
	var closed websocket.CloseError
	if errors.As(err, &closed) && polite(closed.Code) {
		r.tally.ended(&r.tally.Closed)
		return
	}
	r.tally.ended(&r.tally.Cut)
}

// polite closes tell the client to come again.
func polite(code websocket.StatusCode) bool {
	return code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway || code == websocket.StatusServiceRestart
}
