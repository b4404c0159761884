package example

import (
	"fmt"
	"io"
	"maps"
	"net/http"
)

// call passes each request on to another app, and its answer back as it is.
func (c Config) call() http.Handler {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, c.Call+r.URL.RequestURI(), r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out.ContentLength = r.ContentLength
		res, err := client.Do(out)
		if err != nil {
			http.Error(w, fmt.Sprintf("%s calls: %v", c.version(), err), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		io.Copy(w, res.Body)
	})
}
