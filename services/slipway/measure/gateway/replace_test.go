package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	replacements = 200
	// settles is what a careful operator gives a proxy that already answers from the new
	// backend, before the old one is asked to stop: what it keeps open goes on meanwhile.
	settles = 100 * time.Millisecond
	callers = 8
	lateMax = 3                    // then it has no more to tell
	answers = 5 * time.Millisecond // of a backend to a request
)

// app is a backend as apps are: it ends politely when it is asked to.
func app(b *testing.B) (address string, stop func()) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		time.Sleep(answers) // the work of the app
		io.WriteString(w, l.Addr().String())
	})}
	go s.Serve(l)
	return l.Addr().String(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
		defer cancel()
		if s.Shutdown(ctx) != nil {
			s.Close()
		}
	}
}

// BenchmarkReplacements: requests lost while a backend is replaced by the next, by each
// proxy's own reload.
func BenchmarkReplacements(b *testing.B) {
	for _, x := range present(b) {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				n := x.replacing(b)
				b.ReportMetric(float64(n.lost), "lost")
				b.ReportMetric(float64(n.answered), "answered")
				b.ReportMetric(float64(n.late), "late-replacements")
				b.ReportMetric(float64(n.replaced), "replacements")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// replacing replaces the backend so many times under GETs and POSTs.
func (x *contender) replacing(b *testing.B) counts {
	old, stop := app(b)
	p := x.start(b, old)
	defer p.stop()
	ctx, cancel := context.WithCancel(context.Background())
	counted := calling(ctx, p.address)
	late, done := int64(0), 0
	for ; done < replacements; done++ {
		next, stopNext := app(b)
		if err := x.replace(p, next); err != nil {
			b.Errorf("%s: %v", x.name, err)
			break
		}
		if !p.answersFrom(next) {
			if late++; late == lateMax {
				break
			}
		}
		time.Sleep(settles) // nothing announces that the old one is let go, but for ours
		stop()
		stop = stopNext
	}
	cancel()
	n := <-counted
	n.late, n.replaced = late, done
	stop()
	return n
}

// answersFrom waits until a new client is answered by that backend; false is never.
func (p *process) answersFrom(backend string) bool {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(callTimeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if from, err := call(client, http.MethodGet, p.address); err == nil && from == backend {
			return true
		}
	}
	return false
}

// counts are what became of requests, and how many replacements were not in force after
// all the time that a request may take.
type counts struct {
	lost, answered, late int64
	replaced             int
}

// calling calls by kept connections until ctx ends.
func calling(ctx context.Context, to string) <-chan counts {
	var lost, answered atomic.Int64
	client := &http.Client{Timeout: callTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	ended, done := make(chan struct{}, callers), make(chan counts, 1)
	for i := range callers {
		method := []string{http.MethodGet, http.MethodPost}[i%2]
		go func() {
			for ctx.Err() == nil {
				if _, err := call(client, method, to); err != nil {
					lost.Add(1)
				} else {
					answered.Add(1)
				}
			}
			ended <- struct{}{}
		}()
	}
	go func() {
		for range callers {
			<-ended
		}
		client.CloseIdleConnections()
		done <- counts{lost: lost.Load(), answered: answered.Load()}
	}()
	return done
}

// call returns which backend has answered.
func call(client *http.Client, method, to string) (from string, err error) {
	r, err := http.NewRequest(method, "http://"+to+"/", strings.NewReader(strings.Repeat("x", 128)))
	if err != nil {
		return "", err
	}
	if method == http.MethodGet {
		r.Body, r.GetBody, r.ContentLength = nil, nil, 0
	}
	res, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", res.StatusCode, body)
	}
	return string(body), err
}
