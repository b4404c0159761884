package plane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"slipway.dev/services/slipway/version"
	"slipway.dev/services/slipway/wholefile"
)

// Ready is the ready file: what runs and where it answers. An address that is off,
// or whose part is not in this process, is null.
type Ready struct {
	Pid     int     `json:"pid"`
	Context *string `json:"context"`
	NATS    *string `json:"nats"`
	Gateway *string `json:"gateway"`
	// GatewayTLS is absent where no gateway serves by TLS.
	GatewayTLS *string `json:"gatewayTls,omitempty"`
	UI         *string `json:"ui"`
	Metrics    *string `json:"metrics"`
	Alerting   *string `json:"alerting"`
	Data       string  `json:"data"` // absolute
	Version    string  `json:"version"`
	ReadyMs    int64   `json:"readyMs"` // from the start of the process
}

func newReady(data string, began time.Time) Ready {
	return Ready{Pid: os.Getpid(), Data: data, Version: version.Number, ReadyMs: time.Since(began).Milliseconds()}
}

// write puts the file in place, whole; no path, no file.
func (r Ready) write(path string) error {
	if path == "" {
		return nil
	}
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode ready file: %w", err)
	}
	return wholefile.Replace(path, append(b, '\n'), 0o600)
}

func removeReady(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove ready file: %w", err)
	}
	return nil
}

func address(scheme, hostPort string) *string {
	if hostPort == "" {
		return nil
	}
	url := scheme + "://" + hostPort
	return &url
}
