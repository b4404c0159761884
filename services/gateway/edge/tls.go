package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
	"slipway.dev/services/gateway/vault"
)

// Objects is what the driver needs of the artifact store.
type Objects interface {
	// PutObject keeps bytes under their digest.
	PutObject(ctx context.Context, name string, from io.Reader, size int64) error
	// GetObject opens what lies under a digest.
	GetObject(ctx context.Context, name string) (io.ReadCloser, error)
}

// TLS is how a gateway serves by TLS. Listen, Key, Copies and Objects are needed.
type TLS struct {
	Listen  []string     // host:port of each TLS listener
	Port    int          // where clients find the first of them
	Files   string       // folder of certificates that an operator keeps; empty: none
	Copies  vault.Copies // of what was obtained
	Key     vault.Key    // the gateways' store key
	Objects Objects

	Email  string // where an authority writes to
	HTTP   *http.Client
	Spread time.Duration // how long others have to hear of an order; 0 is SpreadMin
}

// SpreadMin is five times what a fact takes to every gateway of a cluster of three.
const SpreadMin = 2500 * time.Millisecond

// installEvery is the pause between two tries of what could not be fetched or opened.
const installEvery = 5 * time.Second

// keyring keeps the one map of certificates that is served.
type keyring struct {
	cfg  TLS
	tls  *proxy.TLS
	mu   sync.Mutex
	got  map[string]opened           // obtained, by host
	own  map[string]*tls.Certificate // from files, by name
	disk files
}

// opened is a certificate with the object it came from.
type opened struct {
	sealed string
	*tls.Certificate
}

func newKeyring(cfg *TLS) *keyring {
	k := &keyring{tls: &proxy.TLS{}}
	if cfg != nil {
		k.cfg = *cfg
		k.tls.Port = cfg.Port
		k.disk.folder = cfg.Files
	}
	if k.cfg.Spread <= 0 {
		k.cfg.Spread = SpreadMin
	}
	return k
}

// publish serves what was obtained and, before that, what lies in files.
func (k *keyring) publish() {
	all := map[string]*tls.Certificate{}
	for host, c := range k.got {
		all[host] = c.Certificate
	}
	maps.Copy(all, k.own)
	k.tls.Serve(all)
}

// certificates serves these as often as it takes; what cannot be had for now leaves
// in place what its host had. The end of the act takes nothing away.
func (d *Driver) certificates(ctx context.Context, want gateway.Certificates) {
	for {
		missing := d.install(ctx, want)
		for _, s := range want.All {
			d.tell(gateway.Installed{Sealed: s.Sealed})
		}
		pause := time.After(installEvery)
		if !missing {
			pause = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-pause:
		}
	}
}

// install tells whether something is missing.
func (d *Driver) install(ctx context.Context, want gateway.Certificates) (missing bool) {
	k, next := d.certs, map[string]opened{}
	for _, s := range want.All {
		c, err := k.fetch(ctx, s)
		if err != nil {
			d.cfg.Logger.Error().Err(err).Str("host", s.Host).Str("sealed", s.Sealed).Msg("certificate not served")
			missing = true
			c = k.last(s.Host)
		}
		if c.Certificate != nil {
			next[s.Host] = c
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if ctx.Err() != nil {
		return missing // another list is wanted by now
	}
	k.got = next
	k.publish()
	d.forgetCopies(next)
	return missing
}

func (d *Driver) forgetCopies(served map[string]opened) {
	hosts, err := d.certs.cfg.Copies.Hosts()
	for _, host := range hosts {
		if _, in := served[host]; !in {
			err = errors.Join(err, d.certs.cfg.Copies.Drop(host))
		}
	}
	if err != nil {
		d.cfg.Logger.Warn().Err(err).Msg("forget copies of certificates")
	}
}

func (k *keyring) last(host string) opened {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.got[host]
}

// restoreCertificates serves the copies: what a gateway without a bus has.
func (d *Driver) restoreCertificates() {
	k := d.certs
	k.mu.Lock()
	defer k.mu.Unlock()
	hosts, err := k.cfg.Copies.Hosts()
	k.got = map[string]opened{}
	for _, host := range hosts {
		c, e := k.copied(host)
		if err = errors.Join(err, e); e == nil {
			k.got[host] = c
		}
	}
	if err != nil {
		d.cfg.Logger.Error().Err(err).Msg("restore certificates")
	}
	k.publish()
}

// challenges answers an authority's challenges for these hosts, and for no other.
func (d *Driver) challenges(ctx context.Context, c gateway.Challenges) {
	d.certs.tls.Answer(c.Thumbprints)
	<-ctx.Done()
}

// reload serves the files of an operator as they are now, and tells whom they are for.
func (d *Driver) reload() {
	k := d.certs
	if k.disk.folder == "" {
		return
	}
	own, changed, err := k.disk.read()
	if err != nil {
		d.cfg.Logger.Error().Err(err).Msg("read certificates")
	}
	if !changed {
		return
	}
	k.mu.Lock()
	k.own = own
	k.publish()
	k.mu.Unlock()
	d.covers()
}

// covers tells for which names there are files.
func (d *Driver) covers() {
	k := d.certs
	k.mu.Lock()
	names := service.Sorted(k.own)
	k.mu.Unlock()
	d.tell(gateway.Covered{Names: names})
}
