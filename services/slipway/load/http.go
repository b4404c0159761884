package load

import (
	"bytes"
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
	var body io.Reader
	if method == http.MethodPost || method == http.MethodPut {
		body = bytes.NewReader(r.config.Body)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.config.URL, body)
	if err != nil {
		r.tally.bad(method+" not made", err.Error())
		return
	}
	if r.config.Host != "" {
		req.Host = r.config.Host
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.tally.bad(method+" error", err.Error())
		return
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerBytes))
	resp.Body.Close()
	outcome := fmt.Sprintf("%s %d", method, resp.StatusCode)
	switch {
	case err != nil:
		r.tally.bad(outcome+" cut", err.Error())
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
