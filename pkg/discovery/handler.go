package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// waitMax bounds how long a read waits for another generation: below the idle time of
// what may stand between, which is a minute nearly everywhere.
const waitMax = 30 * time.Second

// Handler answers plain reads of a client's lists:
//
//	GET /v1/pools            the lists of all apps, sorted
//	GET /v1/pools/<app>      that of one; the ETag is the generations of pool and route
//	GET /v1/pools/<app>?wait=<generation>
//	GET /v1/pools/<app>?wait=<ETag>
//
// The last two wait until the pool's generation, or either of the two, is another one
// and answer 304 where that takes longer than 30 s. While the bus is away the answers are the last lists, and the header
// Slipway-Stale tells for how many seconds.
func Handler(c *Client) http.Handler {
	mux := http.NewServeMux()
	p := pages{c}
	mux.HandleFunc("GET /v1/pools", p.all)
	mux.HandleFunc("GET /v1/pools/{app}", p.one)
	return mux
}

// waited is what a read may wait for another than: 57, or 57.12 with the route's.
var waited = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?)?$`)

type pages struct{ of *Client }

func (p pages) all(w http.ResponseWriter, _ *http.Request) {
	if !p.of.begun() {
		refuse(w, http.StatusServiceUnavailable, "nothing has been heard yet")
		return
	}
	lists := []List{}
	for _, l := range p.of.Lists() {
		lists = append(lists, l)
	}
	slices.SortFunc(lists, func(a, b List) int { return strings.Compare(a.App, b.App) })
	p.write(w, lists)
}

func (p pages) one(w http.ResponseWriter, r *http.Request) {
	other, wait := strings.Trim(r.URL.Query().Get("wait"), `"`), waitMax
	if other == "" {
		wait = time.Second // after a start alone
	}
	if !waited.MatchString(other) {
		refuse(w, http.StatusBadRequest, "wait is neither a generation nor an ETag")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	l, err := p.of.await(ctx, r.PathValue("app"), func(l List) bool {
		return other != l.tag() && other != strconv.Itoa(l.Generation)
	})
	switch {
	case errors.Is(err, ErrUnknown):
		refuse(w, http.StatusNotFound, "nothing was ever listed of this app")
		return
	case err != nil && l.App == "":
		refuse(w, http.StatusServiceUnavailable, "nothing has been heard yet")
		return
	}
	tag := strconv.Quote(l.tag())
	w.Header().Set("ETag", tag)
	if err != nil || r.Header.Get("If-None-Match") == tag {
		p.stale(w)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	p.write(w, l)
}

func (p pages) write(w http.ResponseWriter, body any) {
	p.stale(w)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_ = json.NewEncoder(w).Encode(body) // who has left does not read
}

func (p pages) stale(w http.ResponseWriter) {
	if since := p.of.Stale(); !since.IsZero() {
		w.Header().Set("Slipway-Stale", strconv.Itoa(int(time.Since(since).Seconds())))
	}
}

func refuse(w http.ResponseWriter, status int, why string) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, why, status)
}

// begun tells whether all that is stored has been heard once.
func (c *Client) begun() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caught
}
