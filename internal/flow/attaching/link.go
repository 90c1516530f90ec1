package attaching

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"kefu/internal/domain/attachment"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// LinkLife is how long a link works.
const LinkLife = 5 * time.Minute

// LinkKeySize is the length of Options.LinkKey in bytes.
const LinkKeySize = chacha20poly1305.KeySize

// maxRevocations bounds the revocations looked through for one link.
const maxRevocations = 20_000

// Link is what opens one file for one reader.
type Link struct {
	Token     string // for a URL: it says nothing to anyone but us
	ExpiresAt time.Time
}

// File is an open file. Close its Content.
type File struct {
	ID      string
	Name    string
	Type    attachment.Type
	Content Content
}

// grant is what a link's token holds: who asked for what, until when, and how
// far the log had got, so that later revocations are found.
type grant struct {
	File    string          `json:"f"`
	Kind    identity.Kind   `json:"k"`
	ID      string          `json:"i"`
	Role    identity.Role   `json:"r,omitempty"`
	Scopes  identity.Scopes `json:"c,omitempty"`
	Level   identity.Level  `json:"l,omitempty"`
	Session string          `json:"s"`
	Expires int64           `json:"e"`
	Pos     int64           `json:"p"`
}

// Link makes a link to a file that p may read. It is bound to p's session: it
// ends when that does. Errors: NotFound, also when it is not p's to see.
func (s *Service) Link(ctx context.Context, p identity.Principal, fileID string) (Link, error) {
	const op = "attaching.Link"
	pos, err := s.Store.LastPosition(ctx)
	if err != nil {
		return Link{}, fault.Wrap(op, err)
	}
	if _, err := s.Store.Attachment(ctx, p, fileID); err != nil {
		return Link{}, fault.Wrap(op, err)
	}
	expires := s.Clock().Add(LinkLife)
	token, err := s.links.seal(grant{
		File: fileID, Kind: p.Kind, ID: p.ID, Role: p.Role, Scopes: p.Scopes, Level: p.Level, Session: p.Session,
		Expires: expires.UnixMicro(), Pos: pos,
	})
	return Link{Token: token, ExpiresAt: expires}, err
}

// Open opens what a link's token names, after asking again whether its reader
// may. Errors: NotFound for a token that is not ours, is over or was revoked,
// and for a file that is gone.
func (s *Service) Open(ctx context.Context, token string) (File, error) {
	const op = "attaching.Open"
	g, err := s.links.open(token)
	if err != nil {
		return File{}, err
	}
	if g.Expires <= s.Clock().UnixMicro() {
		return File{}, fault.New(fault.NotFound, op, "the link is over")
	}
	if err := s.stillIn(ctx, g); err != nil {
		return File{}, err
	}
	p := identity.Principal{Kind: g.Kind, ID: g.ID, Role: g.Role, Scopes: g.Scopes, Level: g.Level, Session: g.Session}
	stored, err := s.Store.Attachment(ctx, p, g.File)
	if err != nil {
		return File{}, fault.Wrap(op, err)
	}
	content, err := s.open(ctx, stored)
	if err != nil {
		return File{}, fault.Wrap(op, err)
	}
	return File{ID: stored.ID, Name: stored.Name, Type: attachment.Type(stored.Type), Content: content}, nil
}

// stillIn refuses a grant whose holder has lost access since it was made: signed
// out, disabled, given another role, or revoked, in this process or another.
func (s *Service) stillIn(ctx context.Context, g grant) error {
	const op = "attaching.stillIn"
	pos := g.Pos
	for seen := 0; seen <= maxRevocations; {
		found, next, err := s.Store.RevocationsSince(ctx, pos)
		if err != nil {
			return fault.Wrap(op, err)
		}
		for _, r := range found {
			if g.endedBy(r) {
				return fault.New(fault.NotFound, op, "the link's session has ended")
			}
		}
		if len(found) == 0 || next == pos {
			return nil
		}
		seen, pos = seen+len(found), next
	}
	return fault.New(fault.NotFound, op, "too much was revoked since the link was made")
}

func (g grant) endedBy(r event.Revocation) bool {
	switch r.Kind {
	case event.RevokedCustomer:
		return g.Kind.CustomerSide() && g.ID == r.Subject
	case event.RevokedStaff:
		return g.Kind == identity.Staff && g.ID == r.Subject
	case event.RevokedSession:
		return g.Session == r.Subject
	default:
		return true
	}
}

// sealer seals grants into tokens with XChaCha20-Poly1305, whose long nonce may
// be random for any number of tokens. A token can be neither read nor made by
// anyone else.
type sealer struct{ aead cipher.AEAD }

// tokenPurpose keeps a token from being taken for another thing under the key.
const tokenPurpose = "kefu/1 attachment link"

func newSealer(key []byte) (*sealer, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fault.InvalidField("attaching.newSealer", "LinkKey", "must have %d bytes", chacha20poly1305.KeySize)
	}
	return &sealer{aead}, nil
}

func (s *sealer) seal(g grant) (string, error) {
	plain, err := json.Marshal(g)
	if err != nil {
		return "", fault.Wrap("attaching.seal", err)
	}
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	rand.Read(nonce) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, []byte(tokenPurpose))), nil
}

func (s *sealer) open(token string) (grant, error) {
	const op = "attaching.open"
	var g grant
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return g, fault.New(fault.NotFound, op, "not a link of ours")
	}
	size := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, raw[:size], raw[size:], []byte(tokenPurpose))
	if err != nil {
		return g, fault.New(fault.NotFound, op, "not a link of ours")
	}
	return g, fault.Wrap(op, json.Unmarshal(plain, &g))
}
