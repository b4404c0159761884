package events

import "time"

// OfCertificate names a host's certificate and the gateway that obtains it.
type OfCertificate struct {
	App     string `json:"app"`     // name of the app that owns the host
	Gateway string `json:"gateway"` // slot: gw1-a or gw1-b
	Host    string `json:"host"`    // the name certified
}

// About places what a gateway says of a certificate: subject gw1-a/shop.example.com.
func (o OfCertificate) About() About {
	return About{App: o.App, Place: o.Gateway, Subject: Beside(o.Gateway, o.Host)}
}

// CertificateObtaining says that an order is about to be made: from now on every
// gateway answers the host's challenges with the account's thumbprint.
type CertificateObtaining struct {
	OfCertificate
	Directory  string `json:"directory"`  // URL of the authority's ACME directory
	Account    string `json:"account"`    // sha256: of the sealed account key in the object store
	Thumbprint string `json:"thumbprint"` // of the account's public key, RFC 7638
}

// CertificateObtained says that a certificate is there; its chain and key lie sealed in
// the object store.
type CertificateObtained struct {
	OfCertificate
	Serial    string    `json:"serial"`             // of the leaf, hexadecimal
	NotBefore time.Time `json:"notBefore,omitzero"` // begin of the leaf's validity
	NotAfter  time.Time `json:"notAfter"`           // end of the leaf's validity
	Sealed    string    `json:"sealed"`             // sha256: of the sealed object
}

// CertificateFailed says that an order failed and when the next may be made.
type CertificateFailed struct {
	OfCertificate
	RetryAt time.Time `json:"retryAt"` // not before
}

// CertificateExpired says that a certificate is past its end and served on.
type CertificateExpired struct {
	OfCertificate
	Serial   string    `json:"serial"`   // of the leaf, hexadecimal
	NotAfter time.Time `json:"notAfter"` // end of the leaf's validity
}
