// Package passkey is the relying party of passkeys (Web Authentication Level 3):
// it makes the challenges that a browser signs, and checks what comes back. Keys
// are discoverable, so that nobody types who they are, and every use verifies the
// person: a passkey is both of two factors. It keeps nothing; that a challenge is
// answered once is for whoever keeps its Ceremony to see to.
package passkey

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kefu/internal/platform/fault"
)

// Life is how long a challenge may take to be answered.
const Life = 5 * time.Minute

// The longest that a client may send of each field, in characters of base64url.
const (
	maxID       = 2048
	maxResponse = 16 << 10
)

// Key is a registered passkey.
type Key struct {
	ID             string // of the credential, base64url
	PublicKey      []byte // COSE_Key, RFC 9052 section 7
	SignCount      int64  // of uses, where the authenticator counts them
	BackupEligible bool   // it can be on several devices of its owner
	BackedUp       bool
	Model          string // AAGUID of the authenticator, hex
	Transports     []string
}

// Owner is whose key it is. Handle is opaque and comes back with every use.
type Owner struct {
	Handle, Account, Name string
	Keys                  []Key
}

// Ceremony is what must be remembered between question and answer, for no longer
// than whoever remembers it says. It holds no secret, and must come back unchanged.
type Ceremony = webauthn.SessionData

// Question is what a browser is asked for.
type Question struct {
	Challenge string // base64url
	Domain    string // the relying party's id
	TimeoutMS int64
	// Of a registration:
	Handle     string // base64url
	Algorithms []int64
	Exclude    []string // keys that the owner has already
	// Of a proof by somebody who is known:
	Allow []string // their keys; any of them may sign
}

// Answer is what a browser brings back; everything is base64url.
type Answer struct {
	ID         string
	ClientData string
	// Of a registration:
	Attestation string
	Transports  []string
	// Of a sign-in:
	AuthenticatorData string
	Signature         string
	Handle            string
}

// Party is the relying party: one deployment under one domain.
type Party struct{ inner *webauthn.WebAuthn }

// New makes the Party of a public address, whose host is what keys are bound to.
func New(publicURL string) (*Party, error) {
	const op = "passkey.New"
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return nil, fault.InvalidField(op, "public_url", "is no web address")
	}
	required := true
	inner, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Kefu", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &required, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: Life, TimeoutUVD: Life},
			Registration: webauthn.TimeoutConfig{Timeout: Life, TimeoutUVD: Life},
		},
	})
	if err != nil {
		return nil, fault.InvalidField(op, "public_url", "cannot be the home of passkeys: %v", err)
	}
	return &Party{inner}, nil
}

// AskForNew asks an owner's browser to make a key.
func (p *Party) AskForNew(o Owner) (Question, Ceremony, error) {
	const op = "passkey.AskForNew"
	creation, ceremony, err := p.inner.BeginRegistration(person(o), webauthn.WithExclusions(webauthn.Credentials(person(o).WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return Question{}, Ceremony{}, fault.Wrap(op, err)
	}
	ceremony.Expires = time.Time{}
	q := Question{
		Challenge: ceremony.Challenge, Domain: p.inner.Config.RPID, TimeoutMS: Life.Milliseconds(),
		Handle: encode([]byte(o.Handle)),
	}
	for _, a := range creation.Response.Parameters {
		q.Algorithms = append(q.Algorithms, int64(a.Algorithm))
	}
	for _, k := range o.Keys {
		q.Exclude = append(q.Exclude, k.ID)
	}
	return q, *ceremony, nil
}

// TakeNew checks a new key. Errors: Invalid for everything that is no answer to
// the ceremony's question.
func (p *Party) TakeNew(o Owner, ceremony Ceremony, a Answer) (Key, error) {
	const op = "passkey.TakeNew"
	id, err := a.id()
	if err != nil {
		return Key{}, fault.Wrap(op, err)
	}
	var raw [2][]byte
	for i, text := range []string{a.ClientData, a.Attestation} {
		if raw[i], err = decode(text, maxResponse); err != nil {
			return Key{}, fault.Wrap(op, err)
		}
	}
	response := protocol.CredentialCreationResponse{
		PublicKeyCredential: public(a.ID, id),
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: raw[0]}, AttestationObject: raw[1], Transports: known(a.Transports),
		},
	}
	parsed, err := response.Parse()
	if err != nil {
		return Key{}, refusal(op, err)
	}
	credential, err := p.inner.CreateCredential(person(o), ceremony, parsed)
	if err != nil {
		return Key{}, refusal(op, err)
	}
	return keyOf(credential), nil
}

// Ask asks any browser to sign with a key that it has.
func (p *Party) Ask() (Question, Ceremony, error) {
	_, ceremony, err := p.inner.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Question{}, Ceremony{}, fault.Wrap("passkey.Ask", err)
	}
	ceremony.Expires = time.Time{}
	return Question{Challenge: ceremony.Challenge, Domain: p.inner.Config.RPID, TimeoutMS: Life.Milliseconds()}, *ceremony, nil
}

// Take checks a signature. find gives the owner of a handle; its error is the
// answer when there is none. The key comes back with its new count. Errors:
// Unauthenticated for everything that is no answer to the ceremony's question, and
// for a key whose count went back: somebody has a copy of it.
func (p *Party) Take(ceremony Ceremony, a Answer, find func(handle string) (Owner, error)) (Owner, Key, error) {
	const op = "passkey.Take"
	var owner Owner
	parsed, err := a.signed(true)
	if err != nil {
		return owner, Key{}, fault.New(fault.Unauthenticated, op, "%v", err)
	}
	var failed error
	_, credential, err := p.inner.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		owner, failed = find(string(handle))
		return person(owner), failed
	}, ceremony, parsed)
	if failed != nil && !fault.Is(failed, fault.NotFound) {
		return owner, Key{}, failed
	}
	if err != nil {
		return owner, Key{}, fault.New(fault.Unauthenticated, op, "%v", err)
	}
	if credential.Authenticator.CloneWarning {
		return owner, Key{}, fault.New(fault.Unauthenticated, op, "the key's count went back")
	}
	return owner, keyOf(credential), nil
}

// AskOf asks the browser of somebody who is known to sign with one of their keys.
// Errors: NotFound when they have none.
func (p *Party) AskOf(o Owner) (Question, Ceremony, error) {
	const op = "passkey.AskOf"
	if len(o.Keys) == 0 {
		return Question{}, Ceremony{}, fault.New(fault.NotFound, op, "there is no key to sign with")
	}
	_, ceremony, err := p.inner.BeginLogin(person(o), webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Question{}, Ceremony{}, fault.Wrap(op, err)
	}
	ceremony.Expires = time.Time{}
	q := Question{Challenge: ceremony.Challenge, Domain: p.inner.Config.RPID, TimeoutMS: Life.Milliseconds()}
	for _, k := range o.Keys {
		q.Allow = append(q.Allow, k.ID)
	}
	return q, *ceremony, nil
}

// TakeOf checks the signature of somebody who is known, by a key that was asked for and
// that they still have: one that was removed since is none. The key comes back with its
// new count. Errors: as Take.
func (p *Party) TakeOf(o Owner, ceremony Ceremony, a Answer) (Key, error) {
	const op = "passkey.TakeOf"
	parsed, err := a.signed(false)
	if err != nil {
		return Key{}, fault.New(fault.Unauthenticated, op, "%v", err)
	}
	ceremony.AllowedCredentialIDs = slices.DeleteFunc(slices.Clone(ceremony.AllowedCredentialIDs), func(raw []byte) bool {
		return !slices.ContainsFunc(o.Keys, func(k Key) bool { return k.ID == encode(raw) })
	})
	if len(ceremony.AllowedCredentialIDs) == 0 { // which would allow any
		return Key{}, fault.New(fault.Unauthenticated, op, "no key that was asked for is left")
	}
	credential, err := p.inner.ValidateLogin(person(o), ceremony, parsed)
	if err != nil {
		return Key{}, fault.New(fault.Unauthenticated, op, "%v", err)
	}
	if credential.Authenticator.CloneWarning {
		return Key{}, fault.New(fault.Unauthenticated, op, "the key's count went back")
	}
	return keyOf(credential), nil
}

// signed reads the answer to a question for a signature. Authenticators may leave the
// handle out when they were told whose keys may sign.
func (a Answer) signed(handle bool) (*protocol.ParsedCredentialAssertionData, error) {
	id, err := a.id()
	if err != nil {
		return nil, err
	}
	var raw [4][]byte
	for i, text := range []string{a.ClientData, a.AuthenticatorData, a.Signature, a.Handle} {
		if i == 3 && text == "" && !handle {
			continue
		}
		if raw[i], err = decode(text, maxResponse); err != nil {
			return nil, err
		}
	}
	response := protocol.CredentialAssertionResponse{
		PublicKeyCredential: public(a.ID, id),
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: raw[0]}, AuthenticatorData: raw[1], Signature: raw[2], UserHandle: raw[3],
		},
	}
	return response.Parse()
}

// refusal keeps the library's reason, which holds nothing of a person.
func refusal(op string, err error) error {
	var detailed *protocol.Error
	if errors.As(err, &detailed) && detailed.DevInfo != "" {
		return fault.InvalidField(op, "passkey", "is refused: %s (%s)", detailed.Details, detailed.DevInfo)
	}
	return fault.InvalidField(op, "passkey", "is refused: %v", err)
}

func public(id string, raw []byte) protocol.PublicKeyCredential {
	return protocol.PublicKeyCredential{Credential: protocol.Credential{ID: id, Type: string(protocol.PublicKeyCredentialType)}, RawID: raw}
}

func (a Answer) id() ([]byte, error) { return decode(a.ID, maxID) }

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(text string, most int) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || text == "" || len(text) > most {
		return nil, fault.InvalidField("passkey.decode", "passkey", "holds something that is no base64url of a useful length")
	}
	return raw, nil
}

// known keeps the transports that the standard names: they are hints, stored as
// they are.
func known(transports []string) []string {
	var kept []string
	for _, t := range transports {
		switch protocol.AuthenticatorTransport(t) {
		case protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal:
			if len(kept) < 6 {
				kept = append(kept, t)
			}
		}
	}
	return kept
}

// person is an Owner as the library wants one.
type person Owner

// WebAuthnID implements webauthn.User.
func (p person) WebAuthnID() []byte { return []byte(p.Handle) }

// WebAuthnName implements webauthn.User.
func (p person) WebAuthnName() string { return p.Account }

// WebAuthnDisplayName implements webauthn.User.
func (p person) WebAuthnDisplayName() string { return p.Name }

// WebAuthnCredentials implements webauthn.User.
func (p person) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, 0, len(p.Keys))
	for _, k := range p.Keys {
		id, err := decode(k.ID, maxID)
		if err != nil {
			continue
		}
		model, _ := hex.DecodeString(k.Model) // of a key of ours
		c := webauthn.Credential{
			ID: id, PublicKey: k.PublicKey,
			Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
			Authenticator: webauthn.Authenticator{AAGUID: model, SignCount: uint32(k.SignCount)},
		}
		for _, t := range k.Transports {
			c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
		}
		all = append(all, c)
	}
	return all
}

func keyOf(c *webauthn.Credential) Key {
	k := Key{
		ID: encode(c.ID), PublicKey: c.PublicKey, SignCount: int64(c.Authenticator.SignCount),
		BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState, Model: hex.EncodeToString(c.Authenticator.AAGUID),
	}
	for _, t := range c.Transport {
		k.Transports = append(k.Transports, string(t))
	}
	return k
}
