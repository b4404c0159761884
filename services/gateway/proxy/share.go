package proxy

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/http"

	"slipway.dev/pkg/split"
)

// What a key is read from, and what becomes of requests that bring none.
const (
	ByCookie = "cookie"
	ByHeader = "header"
	ByIP     = "ip"

	NoKeyStable = "stable" // they never go to the canary; else they take what users leave of its share
)

const (
	stickyCookie = "slipway_u"
	stickyAge    = 30 * 24 * 3600 // seconds
	keyMax       = 256            // bytes of a cookie or header that count
)

// Key says where a request's key is read from.
type Key struct {
	By   string `json:"by,omitempty"`   // cookie, header, ip; "" is none
	Name string `json:"name,omitempty"` // of the cookie or header
}

// Sticky keeps a user on one side of a split.
type Sticky struct {
	Key
	NoKey string `json:"noKey,omitempty"` // "" is split
}

// share splits an app's requests between stable and a canary. Another share, another
// canary or another way to tell users is another one: a new epoch.
type share struct {
	generation uint64 // of the route that began it

	canary uint64
	bp     int
	sticky Sticky
	plain  *split.Splitter
	users  *split.Sticky // nil unless sticky
}

func newShare(app string, canary uint64, bp int, sticky Sticky) *share {
	s := &share{canary: canary, bp: bp, sticky: sticky}
	if sticky.By == "" {
		s.plain = split.New(bp)
	} else {
		s.users = split.NewSticky(bp, fmt.Sprintf("%s/%d", app, canary))
	}
	return s
}

// is reports whether the split goes on as it is.
func (s *share) is(canary uint64, bp int, sticky Sticky) bool {
	return s != nil && s.canary == canary && s.bp == bp && s.sticky == sticky
}

// next decides about a request.
func (s *share) next(x *exchange) bool {
	if s.users == nil {
		return s.plain.Next()
	}
	user, ok := x.user(s.sticky)
	switch {
	case ok:
		return s.users.Next(user)
	case s.sticky.NoKey == NoKeyStable:
		return s.users.NextNever()
	}
	return s.users.NextAnyone()
}

// user is whom the request comes from. A client without the cookie is given one, which
// names the user and neither endpoint nor release.
func (x *exchange) user(s Sticky) (string, bool) {
	if s.By == ByCookie && s.Name == "" {
		s.Name = stickyCookie
	}
	if user, ok := x.key(s.Key); ok || s.By != ByCookie {
		return user, ok
	}
	var b [16]byte
	rand.Read(b[:]) // never fails
	user := hex.EncodeToString(b[:])
	path := x.prefix
	if path == "" {
		path = "/"
	}
	http.SetCookie(x.w, &http.Cookie{
		Name: s.Name, Value: user, Path: path, MaxAge: stickyAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: x.r.TLS != nil,
	})
	return user, true
}

// key reads a request's key.
func (x *exchange) key(k Key) (value string, ok bool) {
	switch k.By {
	case ByIP:
		value = x.client().String()
	case ByHeader:
		value = x.header(k.Name)
	case ByCookie:
		if c, err := x.r.Cookie(k.Name); err == nil {
			value = c.Value
		}
	}
	return value[:min(len(value), keyMax)], value != ""
}

// hashed is the key of balance hash; requests without one are spread by their own name.
func (x *exchange) hashed(k Key) uint64 {
	if k.By == "" {
		return 0
	}
	value, ok := x.key(k)
	if !ok {
		value = x.id
	}
	h := fnv.New64a()
	h.Write([]byte(value))
	return h.Sum64()
}
