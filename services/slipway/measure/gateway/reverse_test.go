package gateway

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
)

// pool lends buffers of 32 KiB to the copying of bodies.
type pool struct{ sync.Pool }

func (p *pool) Get() []byte  { return p.Pool.Get().([]byte) }
func (p *pool) Put(b []byte) { p.Pool.Put(b) } //nolint:staticcheck // the interface wants a slice

// serveReverse is net/http/httputil's proxy with what everybody tunes.
func serveReverse(address, backend string) error {
	var to atomic.Pointer[url.URL]
	aim := func(backend string) { to.Store(&url.URL{Scheme: "http", Host: backend}) }
	aim(backend)
	way := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			host := r.In.Host
			r.SetURL(to.Load())
			r.Out.Host = host
			r.SetXForwarded()
			r.Out.Header["X-Request-Id"] = []string{rand.Text()}
		},
		Transport:  &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true},
		BufferPool: &pool{sync.Pool{New: func() any { return make([]byte, 32<<10) }}},
	}
	go obey(func(backend string) error { aim(backend); return nil })
	return http.ListenAndServe(address, way)
}

// obey does for each line of the standard input what is asked, and says ok.
func obey(do func(line string) error) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := do(lines.Text()); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("ok")
	}
	os.Exit(0)
}
