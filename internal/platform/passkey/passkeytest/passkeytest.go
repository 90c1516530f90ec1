// Package passkeytest is an authenticator in software, for tests: it makes real
// keys and real signatures.
package passkeytest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"

	"github.com/descope/virtualwebauthn"

	"kefu/internal/platform/passkey"
)

// Device is somebody's authenticator with one key, in a browser that shows a page.
type Device struct {
	page       string
	key        virtualwebauthn.Credential
	unverified bool
	count      *uint32
}

// New makes a Device whose browser shows a page of an origin.
func New(origin string) *Device {
	return &Device{page: origin, key: Credential(), count: new(uint32)}
}

// ec2Length is how long a P-256 key is as COSE_Key: five entries of a map, two of them
// coordinates of 32 bytes (RFC 9053 section 7.1.1).
const ec2Length = 1 + 2 + 2 + 2 + 2*(1+2+32)

// Credential makes a key. The library leaves the zeros in front of a coordinate out,
// which RFC 9053 forbids and no authenticator does; such a key is made anew.
func Credential() virtualwebauthn.Credential {
	for {
		if c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(c.Key.AttestationData()) == ec2Length {
			return c
		}
	}
}

// At is the same device before another page, which lies about where it is.
func (d *Device) At(origin string) *Device {
	other := *d
	other.page = origin
	return &other
}

// Unverified is the same device, which asks nobody for a finger or a PIN.
func (d *Device) Unverified() *Device {
	other := *d
	other.unverified = true
	return &other
}

// Copy is the device as somebody copied it now: what the original signs later the copy does
// not count.
func (d *Device) Copy() *Device {
	other, count := *d, *d.count
	other.count = &count
	return &other
}

func (d *Device) authenticator(handle string) virtualwebauthn.Authenticator {
	return virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(handle), UserNotVerified: d.unverified})
}

func (d *Device) party(domain string) virtualwebauthn.RelyingParty {
	if u, err := url.Parse(d.page); err == nil && domain == "" {
		domain = u.Hostname()
	}
	return virtualwebauthn.RelyingParty{ID: domain, Name: "Kefu", Origin: d.page}
}

type response struct {
	ID       string
	Response struct {
		ClientDataJSON, AttestationObject, AuthenticatorData, Signature, UserHandle string
	}
}

func read(text string) (r response) {
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		panic(err) // the authenticator writes it
	}
	return r
}

func challenge(q passkey.Question) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(q.Challenge)
	if err != nil {
		panic(err) // the party writes it
	}
	return raw
}

// Register answers a question for a new key.
func (d *Device) Register(q passkey.Question) passkey.Answer {
	text := virtualwebauthn.CreateAttestationResponse(d.party(q.Domain), d.authenticator(""), d.key, virtualwebauthn.AttestationOptions{
		Challenge: challenge(q), RelyingPartyID: q.Domain,
	})
	r := read(text)
	return passkey.Answer{ID: r.ID, ClientData: r.Response.ClientDataJSON, Attestation: r.Response.AttestationObject, Transports: []string{"internal", "invented"}}
}

// Sign answers a question with the key, as the one of an owner's handle.
func (d *Device) Sign(q passkey.Question, handle string) passkey.Answer {
	*d.count++
	d.key.Counter = *d.count
	text := virtualwebauthn.CreateAssertionResponse(d.party(q.Domain), d.authenticator(handle), d.key, virtualwebauthn.AssertionOptions{
		Challenge: challenge(q), RelyingPartyID: q.Domain,
	})
	r := read(text)
	return passkey.Answer{
		ID: r.ID, ClientData: r.Response.ClientDataJSON, AuthenticatorData: r.Response.AuthenticatorData,
		Signature: r.Response.Signature, Handle: r.Response.UserHandle,
	}
}
