package edge

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/acme"
	"slipway.dev/services/gateway/vault"
)

const accountWord = "acme account"

// openAccount makes the key of an account and keeps it sealed, as often as it takes.
func (d *Driver) openAccount(ctx context.Context, want gateway.OpenAccount) {
	for {
		account, err := d.certs.newAccount(ctx, want.Directory)
		if err == nil {
			d.tell(gateway.Opens{Directory: want.Directory, Account: account})
			return
		}
		d.cfg.Logger.Error().Err(err).Str("directory", want.Directory).Msg("open account")
		select {
		case <-ctx.Done():
			return
		case <-time.After(installEvery):
		}
	}
}

func (k *keyring) newAccount(ctx context.Context, directory string) (gateway.Account, error) {
	key, thumbprint, err := acme.NewAccount()
	if err != nil {
		return gateway.Account{}, err
	}
	digest, err := k.put(ctx, k.cfg.Key.Seal(key, accountWord, directory))
	return gateway.Account{Digest: digest, Thumbprint: thumbprint}, err
}

// obtain makes one order and tells what came of it.
func (d *Driver) obtain(ctx context.Context, o gateway.Obtains) {
	done, err := d.certs.order(ctx, o)
	if ctx.Err() != nil {
		return // it is nobody's any more, or the next start's
	}
	done.Host, done.Order = o.Host, o.Order
	if err != nil {
		done = gateway.Ordered{Host: o.Host, Order: o.Order, Reason: err.Error()}
	}
	d.tell(done)
}

func (k *keyring) order(ctx context.Context, o gateway.Obtains) (done gateway.Ordered, err error) {
	sealed, err := k.get(ctx, o.Account.Digest)
	if err != nil {
		return done, fmt.Errorf("fetch account: %w", err)
	}
	account, err := k.cfg.Key.Open(sealed, accountWord, o.Directory)
	if err != nil {
		return done, err
	}
	authority := acme.Authority{Directory: o.Directory, Email: k.cfg.Email, HTTP: k.cfg.HTTP, Spread: k.cfg.Spread}
	pair, err := authority.Obtain(ctx, account, o.Host)
	if err != nil {
		return done, err
	}
	c, err := tls.X509KeyPair(pair, pair)
	if err != nil {
		return done, fmt.Errorf("read certificate of %s: %w", o.Host, err)
	}
	serial := c.Leaf.SerialNumber.Text(16)
	object := k.cfg.Key.Seal(pair, o.Host, serial)
	if done.Sealed, err = k.put(ctx, object); err != nil {
		return done, err
	}
	done.Serial, done.NotBefore, done.NotAfter = serial, c.Leaf.NotBefore.UTC(), c.Leaf.NotAfter.UTC()
	return done, k.cfg.Copies.Put(vault.Copy{Host: o.Host, Serial: serial, Object: object})
}
