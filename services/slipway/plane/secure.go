package plane

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/gateway/edge"
	"slipway.dev/services/gateway/vault"
	"slipway.dev/services/slipway/fault"
)

// authorityWait bounds one request to an authority; an order is several.
const authorityWait = 30 * time.Second

// TLS is how a gateway serves by TLS; without Listen it does not.
type TLS struct {
	Listen    string // host:port of the TLS listener; empty or off: none
	Port      int    // at which clients find it, where something maps that port to it; 0: its own
	CertDir   string // folder of certificates that an operator keeps
	Directory string // URL of an ACME directory; empty: nothing is obtained
	Email     string // where the authority writes to
	Roots     string // file of the authority's roots, PEM; empty: the system's
}

func (c TLS) off() bool { return c.Listen == "" || c.Listen == Off }

func (c TLS) check() error {
	if c.off() {
		for flag, given := range map[string]bool{"cert-dir": c.CertDir != "", "acme-directory": c.Directory != "", "tls-port": c.Port != 0} {
			if given {
				return fault.New("SLW-U002", "--%s needs --listen-tls", flag)
			}
		}
		return nil
	}
	if _, _, err := split("listen-tls", c.Listen); err != nil {
		return err
	}
	if c.Port < 0 || c.Port > 65535 {
		return fault.New("SLW-U002", "--tls-port %d is no port", c.Port)
	}
	u, err := url.Parse(c.Directory)
	if c.Directory != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return fault.New("SLW-U002", "--acme-directory %q is no https URL", c.Directory)
	}
	_, err = c.client()
	return err
}

// client asks the authority.
func (c TLS) client() (*http.Client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	if c.Roots != "" {
		pem, err := os.ReadFile(c.Roots)
		roots := x509.NewCertPool()
		if err == nil && !roots.AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in it")
		}
		if err != nil {
			return nil, fault.New("SLW-U002", "--acme-roots %s cannot be read", c.Roots).Because(err.Error())
		}
		t.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &http.Client{Transport: t, Timeout: authorityWait}, nil
}

// claimSecure takes the address of the TLS listener, unless its socket was passed.
func (d *door) claimSecure(c TLS, in inherited) error {
	if c.off() {
		return nil
	}
	d.tls = c
	if l := in.named(nameHTTPS); l != nil {
		d.secure = l.Addr().String()
		return nil
	}
	listen, held, err := claim("listen-tls", c.Listen)
	if held != nil {
		d.kept = append(d.kept, held)
	}
	d.secure = listen
	return err
}

// certificates is how the gateway behind a door serves by TLS, and what the others
// are told of it; nil where it does not.
func (d *door) certificates(folder string, objects edge.Objects) (*edge.TLS, *events.GatewayTLS, error) {
	if d.secure == "" {
		return nil, nil, nil
	}
	key, err := vault.OpenKey(filepath.Join(folder, "store.key"))
	if err != nil {
		return nil, nil, err
	}
	client, err := d.tls.client()
	if err != nil {
		return nil, nil, err
	}
	_, port, err := split("listen-tls", d.secure)
	if err != nil {
		return nil, nil, err
	}
	return &edge.TLS{
			Listen: []string{d.secure}, Port: cmp.Or(d.tls.Port, port), Files: d.tls.CertDir, Key: key, Objects: objects,
			Copies: vault.Copies{Folder: filepath.Join(folder, "certificates")}, Email: d.tls.Email, HTTP: client,
		}, &events.GatewayTLS{
			Addresses: []string{d.secure}, Directory: d.tls.Directory, Store: key.Fingerprint(),
		}, nil
}

var errNoBus = errors.New("no bus yet")

// PutObject is the bus's, once there is one.
func (l *later) PutObject(ctx context.Context, name string, from io.Reader, size int64) error {
	if b := l.line.Load(); b != nil {
		return b.PutObject(ctx, name, from, size)
	}
	return errNoBus
}

// GetObject is the bus's, once there is one.
func (l *later) GetObject(ctx context.Context, name string) (io.ReadCloser, error) {
	if b := l.line.Load(); b != nil {
		return b.GetObject(ctx, name)
	}
	return nil, errNoBus
}
