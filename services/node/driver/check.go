package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Check is a health check: one of HTTP, TCP and Exec, or none, which passes while the instance runs.
type Check struct {
	HTTP     string        // path; passes with 200–399
	TCP      bool          // passes with a connection
	Exec     []string      // passes with exit 0; runs inside the instance
	Address  string        // host:port, for HTTP and TCP
	Interval time.Duration // default 1 s, at least 100 ms
	Timeout  time.Duration // default 2 s; a timeout is a failure
}

// Defaults and bounds of a check.
const (
	IntervalDefault = time.Second
	IntervalMin     = 100 * time.Millisecond // a faster check is load, not health
	TimeoutDefault  = 2 * time.Second
	CheckBodyBytes  = 64 << 10 // of an answer's body; a health page is smaller, a download must not be fetched every second
)

// WithDefaults fills in what is zero and lifts what is below its bound.
func (c Check) WithDefaults() Check {
	if c.Interval <= 0 {
		c.Interval = IntervalDefault
	}
	if c.Timeout <= 0 {
		c.Timeout = TimeoutDefault
	}
	c.Interval = max(c.Interval, IntervalMin)
	return c
}

// prober never reuses a connection (a check must prove that a new one is accepted), never follows a redirect, and uses no
// proxy the agent's environment may name.
var prober = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: CheckBodyBytes},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ProbeHTTP asks GET http://address/path and returns nil for a status of 200–399 whose body, up to CheckBodyBytes, arrives.
func ProbeHTTP(ctx context.Context, address, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return fmt.Errorf("form check: %w", err)
	}
	req.Header.Set("User-Agent", "slipway-check")
	res, err := prober.Do(req)
	if err != nil {
		return plain(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 399 {
		return fmt.Errorf("GET %s answered %d", path, res.StatusCode)
	}
	if _, err := io.CopyN(io.Discard, res.Body, CheckBodyBytes); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read answer to GET %s: %w", path, plain(ctx, err))
	}
	return nil
}

// ProbeTCP returns nil if address accepts a connection.
func ProbeTCP(ctx context.Context, address string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return plain(ctx, err)
	}
	return conn.Close()
}

// plain says "timed out" for every way in which the network spells a passed deadline.
func plain(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("timed out")
	}
	return err
}
