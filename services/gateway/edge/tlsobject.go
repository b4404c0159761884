package edge

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"

	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/vault"
)

// objectMax bounds a sealed object: a chain of a few certificates has 10 KB.
const objectMax = 1 << 20

// put keeps a sealed object under its digest.
func (k *keyring) put(ctx context.Context, object []byte) (digest string, err error) {
	digest = vault.Digest(object)
	return digest, k.cfg.Objects.PutObject(ctx, digest, bytes.NewReader(object), int64(len(object)))
}

func (k *keyring) get(ctx context.Context, digest string) ([]byte, error) {
	r, err := k.cfg.Objects.GetObject(ctx, digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, objectMax))
	if err != nil {
		return nil, fmt.Errorf("read object %s: %w", digest, err)
	}
	if got := vault.Digest(b); got != digest {
		return nil, fmt.Errorf("read object %s: it is %s", digest, got)
	}
	return b, nil
}

// fetch is a certificate as it is served now, from its copy, or from the object store.
func (k *keyring) fetch(ctx context.Context, s gateway.Served) (opened, error) {
	if c := k.last(s.Host); c.sealed == s.Sealed {
		return c, nil
	}
	if c, err := k.copied(s.Host); err == nil && c.sealed == s.Sealed {
		return c, nil
	}
	object, err := k.get(ctx, s.Sealed)
	if err != nil {
		return opened{}, err
	}
	c, err := k.open(s.Host, s.Serial, object)
	if err != nil {
		return opened{}, err
	}
	return c, k.cfg.Copies.Put(vault.Copy{Host: s.Host, Serial: s.Serial, Object: object})
}

func (k *keyring) copied(host string) (opened, error) {
	x, err := k.cfg.Copies.Of(host)
	if err != nil {
		return opened{}, err
	}
	return k.open(host, x.Serial, x.Object)
}

func (k *keyring) open(host, serial string, object []byte) (opened, error) {
	plain, err := k.cfg.Key.Open(object, host, serial)
	if err != nil {
		return opened{}, err
	}
	c, err := tls.X509KeyPair(plain, plain) // each finds its own blocks
	if err != nil {
		return opened{}, fmt.Errorf("read certificate of %s: %w", host, err)
	}
	if err := c.Leaf.VerifyHostname(host); err != nil {
		return opened{}, err
	}
	return opened{vault.Digest(object), &c}, nil
}
