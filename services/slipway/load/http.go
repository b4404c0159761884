package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// answerBytes is how much of an answer is looked at.
const answerBytes = 4 << 10

func client(c Config) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!c.H2C)
	protocols.SetUnencryptedHTTP2(c.H2C)
	return &http.Client{
		Timeout: c.Timeout,
		Transport: &http.Transport{
			MaxIdleConns: idlePerHost, MaxIdleConnsPerHost: idlePerHost, IdleConnTimeout: c.Idle, DisableCompression: true,
			DisableKeepAlives: c.Fresh, Protocols: protocols,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// request sends one request and counts what became of it.
func (r *Running) request(ctx context.Context, method string, due time.Time) {
	verb, body, two := r.config.verb(method)
	req, err := http.NewRequestWithContext(ctx, verb, r.config.URL, reader(body))
	if err != nil {
		r.tally.bad(method+" not made", err.Error())
		return
	}
	if r.config.Host != "" {
		req.Host = r.config.Host
	}
	client := r.client
	if two {
		client = r.client2
	}
	if method == GRPC {
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("Te", "trailers")
	}
	resp, err := client.Do(req)
	if err != nil {
		r.tally.bad(method+" error", err.Error())
		return
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerBytes))
	resp.Body.Close()
	outcome := fmt.Sprintf("%s %d", method, resp.StatusCode)
	if err == nil && method == GRPC {
		err = r.config.echoed(resp, answer)
		answer = nil
	}
	switch {
	case err != nil:
		r.tally.bad(outcome+" broken", err.Error())
	case resp.StatusCode >= http.StatusBadRequest:
		r.tally.bad(outcome, strings.TrimSpace(string(answer)))
	default:
		r.tally.good(outcome, first(string(answer)), time.Since(due))
	}
}

// first is an answer's first word.
func first(answer string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(answer), " ")
	return word
}
