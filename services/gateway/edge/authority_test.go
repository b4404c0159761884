package edge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// stuck is a way to the authority on which nothing that is asked for at a path comes
// back; asked is closed at the first.
type stuck struct {
	http.RoundTripper
	path  string
	once  sync.Once
	asked chan struct{}
}

func (s *stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, s.path) {
		return s.RoundTripper.RoundTrip(r)
	}
	s.once.Do(func() { close(s.asked) })
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// shelf is an object store in memory.
type shelf struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (s *shelf) PutObject(_ context.Context, name string, from io.Reader, _ int64) error {
	b, err := io.ReadAll(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[name] = b
	return err
}

func (s *shelf) GetObject(_ context.Context, name string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.all[name]
	if !ok {
		return nil, fmt.Errorf("no object %s", name)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
