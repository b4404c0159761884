package acme

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

// OrderMax bounds an order: what an authority has not done by then it is not doing.
const OrderMax = 5 * time.Minute

// Authority is where certificates are ordered.
type Authority struct {
	Directory string // URL
	Email     string // where the authority writes to; may be empty
	HTTP      *http.Client

	// Spread is how long it is waited before the authority is let ask: every gateway
	// must have heard of the order by then.
	Spread time.Duration
}

// NewAccount makes the key of an account, as PEM, with its thumbprint. The authority
// hears of it with the first order.
func NewAccount() (key []byte, thumbprint string, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", fmt.Errorf("make account key: %w", err)
	}
	if thumbprint, err = acme.JWKThumbprint(k.Public()); err != nil {
		return nil, "", fmt.Errorf("make account key: %w", err)
	}
	key, err = encode(k)
	return key, thumbprint, err
}

// Obtain orders a certificate and returns its chain and key as PEM.
func (a Authority) Obtain(ctx context.Context, account []byte, host string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, OrderMax)
	defer cancel()
	key, err := decode(account)
	if err != nil {
		return nil, err
	}
	c := &acme.Client{Key: key, DirectoryURL: a.Directory, HTTPClient: a.HTTP, UserAgent: "slipway"}
	if err := a.register(ctx, c); err != nil {
		return nil, err
	}
	order, err := c.AuthorizeOrder(ctx, acme.DomainIDs(host))
	if err != nil {
		return nil, fmt.Errorf("order certificate of %s: %w", host, err)
	}
	if err := wait(ctx, a.Spread); err != nil {
		return nil, err
	}
	for _, url := range order.AuthzURLs {
		if err := prove(ctx, c, url); err != nil {
			return nil, fmt.Errorf("prove %s: %w", host, err)
		}
	}
	return finish(ctx, c, order, host)
}

func (a Authority) register(ctx context.Context, c *acme.Client) error {
	who := &acme.Account{}
	if a.Email != "" {
		who.Contact = []string{"mailto:" + a.Email}
	}
	if _, err := c.Register(ctx, who, acme.AcceptTOS); err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return fmt.Errorf("register account: %w", err)
	}
	return nil
}

// prove lets the authority ask for the answer, and waits until it has.
func prove(ctx context.Context, c *acme.Client, url string) error {
	z, err := c.GetAuthorization(ctx, url)
	if err != nil {
		return err
	}
	if z.Status == acme.StatusValid {
		return nil // of an order before
	}
	for _, ch := range z.Challenges {
		if ch.Type != "http-01" {
			continue
		}
		if _, err := c.Accept(ctx, ch); err != nil {
			return err
		}
		_, err := c.WaitAuthorization(ctx, url)
		return err
	}
	return errors.New("the authority offers no challenge http-01")
}

func finish(ctx context.Context, c *acme.Client, order *acme.Order, host string) ([]byte, error) {
	order, err := c.WaitOrder(ctx, order.URI)
	if err != nil {
		return nil, fmt.Errorf("await order of %s: %w", host, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of %s: %w", host, err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{host}}, key)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", host, err)
	}
	chain, _, err := c.CreateCertFromOrder(ctx, order, csr, true)
	if err != nil {
		return nil, fmt.Errorf("fetch certificate of %s: %w", host, err)
	}
	var out bytes.Buffer
	for _, der := range chain {
		pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a buffer takes all
	}
	secret, err := encode(key)
	return append(out.Bytes(), secret...), err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

const keyBlock = "PRIVATE KEY"

func encode(k *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}), nil
}

func decode(key []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(key)
	if block == nil || block.Type != keyBlock {
		return nil, errors.New("the account's key is no private key")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read account key: %w", err)
	}
	signer, ok := k.(crypto.Signer)
	if !ok {
		return nil, errors.New("the account's key does not sign")
	}
	return signer, nil
}
