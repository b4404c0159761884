package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

// Times between two questions to an endpoint, and for its answer.
const (
	probeEvery  = 5 * time.Second
	probeAgain  = time.Second // after a first good answer
	probeAnswer = time.Second
	probeBody   = 4 << 10 // of an answer is read, so that its connection ends well
)

// probe asks an endpoint whether it lives until the act ends.
func (d *Driver) probe(ctx context.Context, p gateway.Probe) {
	client, good := prober(p.Protocol), 0
	for {
		err := question(ctx, client, p)
		if ctx.Err() != nil {
			return
		}
		said := gateway.Probed{App: p.App, Endpoint: p.Endpoint, Address: p.Address, Good: err == nil}
		if good++; err != nil {
			good, said.Why = 0, err.Error()
		}
		d.tell(said)
		pause := probeEvery
		if good > 0 && good < gateway.ProbesGood {
			pause = probeAgain
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// prober opens a connection for each question: one that lives says nothing about
// whether the next can be made.
func prober(protocol string) *http.Client {
	p := new(http.Protocols)
	p.SetHTTP1(protocol != proxy.ProtocolH2C)
	p.SetUnencryptedHTTP2(protocol == proxy.ProtocolH2C)
	p.SetHTTP2(protocol == proxy.ProtocolHTTPS)
	return &http.Client{
		Timeout: probeAnswer,
		Transport: &http.Transport{
			Protocols: p, DisableKeepAlives: true, DisableCompression: true,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // as requests are sent
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// question asks once; the error says in words what was bad. No word of an address or an
// answer goes into the log.
func question(ctx context.Context, client *http.Client, p gateway.Probe) error {
	scheme := "http"
	if p.Protocol == proxy.ProtocolHTTPS {
		scheme = "https"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+p.Address+p.Path, nil)
	if err != nil {
		return errors.New("its path is none")
	}
	r.Header.Set("User-Agent", "slipway-probe")
	res, err := client.Do(r)
	var late interface{ Timeout() bool }
	switch {
	case errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("no answer within %s", probeAnswer)
	case err != nil:
		return errors.New("it cannot be reached")
	}
	defer res.Body.Close()
	io.CopyN(io.Discard, res.Body, probeBody)
	if res.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}
