package edge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"slipway.dev/events"
)

// lay writes a chain and its key, signed by itself.
func lay(t *testing.T, chain, key string, serial int64, names ...string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: names, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	place(t, chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	place(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

func place(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (k *keyring) serial(name string) int64 {
	if c := k.tls.Certificate(name); c != nil {
		return c.Leaf.SerialNumber.Int64()
	}
	return 0
}

// An operator's files are served as they are now; half a pair changes nothing.
func TestFilesAreReloaded(t *testing.T) {
	dir := t.TempDir()
	d := New(Config{Name: "gw1-a", TLS: &TLS{Files: dir}}, newMemory(t))
	defer d.Close()
	lay(t, dir+"/shop.crt", dir+"/shop.key", 1, "shop.example.com", "www.example.com")
	lay(t, dir+"/wild/fullchain.pem", dir+"/wild/privkey.pem", 2, "*.example.com")
	d.reload()
	for name, serial := range map[string]int64{"shop.example.com": 1, "www.example.com": 1, "api.example.com": 2, "example.com": 0} {
		if got := d.certs.serial(name); got != serial {
			t.Errorf("%s: certificate %d, want %d", name, got, serial)
		}
	}
	was := d.certs.tls.Certificate("shop.example.com")
	d.reload()
	if d.certs.tls.Certificate("shop.example.com") != was {
		t.Error("read again though nothing changed")
	}
	place(t, dir+"/shop.crt", []byte("half of a"))
	d.reload()
	if got := d.certs.serial("shop.example.com"); got != 1 {
		t.Errorf("half written: certificate %d", got)
	}
	lay(t, dir+"/shop.crt", dir+"/shop.key", 3, "shop.example.com")
	d.reload()
	if shop, www := d.certs.serial("shop.example.com"), d.certs.serial("www.example.com"); shop != 3 || www != 2 {
		t.Errorf("renewed: certificates %d and %d, want 3 and the wildcard's 2", shop, www)
	}
	os.RemoveAll(dir + "/wild")
	d.reload()
	if got := d.certs.serial("www.example.com"); got != 0 {
		t.Errorf("taken away: certificate %d", got)
	}
}

// A host whose certificate lies in a file is served with it and never ordered.
func TestAFileComesBeforeAnOrder(t *testing.T) {
	p := newPair(t, time.Hour)
	one := p.gateway("gw1-a", "127.0.0.1")
	dir := filepath.Join(one.folder, "own")
	lay(t, dir+"/a.crt", dir+"/a.key", 9, certified)
	one.files = dir
	p.begin(one)
	eventually(t, "listener open", func() bool { return len(one.Addresses()) == 2 })
	c, err := tls.Dial("tcp", one.tls, &tls.Config{ServerName: certified, InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != 9 {
		t.Errorf("certificate %d", got)
	}
	awaitFact(p.memory, func(d events.RoutingApplied) bool { return true })
	all, _ := p.stored()
	for _, e := range all {
		if e.Kind.Entity == "certificate" {
			t.Errorf("said %s", e.Kind.Name())
		}
	}
}
