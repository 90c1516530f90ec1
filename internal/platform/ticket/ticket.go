// Package ticket seals what this deployment hands to a client and wants back
// unchanged: a statement for one purpose and a time, which nobody else can read or
// make. That it comes back once is for whoever takes it to see to.
package ticket

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"kefu/internal/platform/fault"
)

// KeySize is the length of an office's key in bytes.
const KeySize = chacha20poly1305.KeySize

// maxTicket bounds what is taken for a ticket, in bytes.
const maxTicket = 8 << 10

// Office seals tickets with XChaCha20-Poly1305, whose long nonce may be random for
// any number of them.
type Office struct{ aead cipher.AEAD }

// New makes an Office. Errors: Invalid for a key of another length than KeySize.
func New(key []byte) (*Office, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fault.InvalidField("ticket.New", "key", "must have %d bytes", KeySize)
	}
	return &Office{aead}, nil
}

// issued is what is sealed.
type issued struct {
	Until int64           `json:"until"` // microseconds
	What  json.RawMessage `json:"what"`
}

// Issue seals a statement that is written as JSON, for a purpose and until a time.
func (o *Office) Issue(purpose string, until time.Time, what any) (string, error) {
	const op = "ticket.Issue"
	text, err := json.Marshal(what)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	plain, err := json.Marshal(issued{until.UnixMicro(), text})
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	return base64.RawURLEncoding.EncodeToString(o.Seal(purpose, plain)), nil
}

// Redeem reads a ticket of a purpose into what. Errors: Unauthenticated for
// everything that is not such a ticket, or is over.
func (o *Office) Redeem(purpose, ticket string, now time.Time, what any) error {
	const op = "ticket.Redeem"
	if len(ticket) > maxTicket {
		return fault.New(fault.Unauthenticated, op, "not a ticket of ours")
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil {
		return fault.New(fault.Unauthenticated, op, "not a ticket of ours")
	}
	plain, err := o.Open(purpose, sealed)
	if err != nil {
		return err
	}
	var found issued
	if err := json.Unmarshal(plain, &found); err != nil {
		return fault.Wrap(op, err)
	}
	if found.Until <= now.UnixMicro() {
		return fault.New(fault.Unauthenticated, op, "the ticket is over")
	}
	return fault.Wrap(op, json.Unmarshal(found.What, what))
}

// Seal encrypts bytes for a purpose.
func (o *Office) Seal(purpose string, plain []byte) []byte {
	nonce := make([]byte, o.aead.NonceSize(), o.aead.NonceSize()+len(plain)+o.aead.Overhead())
	rand.Read(nonce) // never fails: crypto/rand ends the process instead
	return o.aead.Seal(nonce, nonce, plain, []byte(purpose))
}

// Open is the opposite of Seal. Errors: Unauthenticated.
func (o *Office) Open(purpose string, sealed []byte) ([]byte, error) {
	const op = "ticket.Open"
	size := o.aead.NonceSize()
	if len(sealed) < size {
		return nil, fault.New(fault.Unauthenticated, op, "not sealed by us")
	}
	plain, err := o.aead.Open(nil, sealed[:size], sealed[size:], []byte(purpose))
	if err != nil {
		return nil, fault.New(fault.Unauthenticated, op, "not sealed by us")
	}
	return plain, nil
}
