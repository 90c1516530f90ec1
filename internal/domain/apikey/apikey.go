// Package apikey is what a program of the operator comes in with: a random secret,
// shown once, made for a few scopes by somebody who runs the house. What a scope
// opens is package policy's.
package apikey

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
)

// Prefix is what every key begins with, so that the secret guard and scanners of
// source code know one when they see it.
const Prefix = "kefu_key_"

// Bounds of keys.
const (
	MaxNameChars = 60
	MaxNetworks  = 20
	MaxKeys      = 100 // that are in use at once
	MaxPage      = 200
	// MaxLife is how far ahead a key may be made to expire, in microseconds.
	MaxLife = int64(10 * 366 * 24 * 3600 * 1_000_000)
)

// Key is a key as those who run the house see it. Its secret is not in it.
type Key struct {
	ID            string
	Name          string // of the program; customers see it too, on what it writes
	Scopes        identity.Scopes
	Networks      []netip.Prefix // from which it may be used; none: any
	CreatedBy     string         // a staff id
	CreatedByName string
	Orphaned      bool  // who made it could make none today: they left, have another role, or are restrained until they are judged
	Restrained    bool  // it reads nothing until what was found about it is judged
	Kept          bool  // it opens nothing until then
	CreatedAt     int64 // microseconds
	ExpiresAt     int64 // 0: never
	UsedAt        int64 // to the minute; 0: not yet
	RefusedAt     int64 // when it last came from a network that it is not for
	RevokedAt     int64
	RevokedBy     string
	RevokedByName string
}

// State is whether a key opens anything.
type State string

// The states.
const (
	Active    State = "active"
	Expired   State = "expired"
	Suspended State = "suspended" // for as long as its maker may make none, or until what was found about it is judged
	Revoked   State = "revoked"
)

// At is the state of a key at a time.
func (k Key) At(now int64) State {
	switch {
	case k.RevokedAt != 0:
		return Revoked
	case k.ExpiresAt != 0 && k.ExpiresAt <= now:
		return Expired
	case k.Orphaned, k.Kept:
		return Suspended
	default:
		return Active
	}
}

// From tells whether the key may be used from an address.
func (k Key) From(address netip.Addr) bool {
	return len(k.Networks) == 0 || slices.ContainsFunc(k.Networks, func(n netip.Prefix) bool { return n.Contains(address.Unmap()) })
}

// Principal is who acts with the key.
func (k Key) Principal() identity.Principal {
	return identity.Principal{Kind: identity.Program, ID: k.ID, Name: k.Name, Scopes: k.Scopes, Session: k.ID, Restrained: k.Restrained}
}

// New is a key to be made. It is what a second person approves, in this form.
type New struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Scopes    []identity.Scope `json:"scopes"`
	Networks  []string         `json:"networks,omitempty"`
	ExpiresAt int64            `json:"expires_at,omitempty"`
	Digest    string           `json:"digest"` // keyed, of the secret
}

// Secret makes the secret of a key: the prefix and 256 random bits.
func Secret() string { return Prefix + secret.Token() }

// Looks tells whether a bearer token is a key and no session.
func Looks(token string) bool { return strings.HasPrefix(token, Prefix) }

// Check refuses a key that could not be made at a time. Errors: Invalid, with the
// field.
func (n New) Check(now int64) error {
	const op = "apikey.Check"
	switch {
	case strings.TrimSpace(n.Name) == "":
		return fault.InvalidFor(op, "name", "missing", "is missing")
	case !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }):
		return fault.InvalidFor(op, "name", "control", "holds control characters")
	case utf8.RuneCountInString(n.Name) > MaxNameChars:
		return fault.InvalidFor(op, "name", "too_long", "has more than %d characters", MaxNameChars)
	case len(n.Scopes) == 0:
		return fault.InvalidFor(op, "scopes", "missing", "names none")
	case len(identity.ScopesOf(n.Scopes...).List()) != len(n.Scopes):
		return fault.InvalidFor(op, "scopes", "unknown", "names one that does not exist, or one twice")
	case n.ExpiresAt != 0 && n.ExpiresAt <= now:
		return fault.InvalidFor(op, "expires_at", "past", "is over")
	case n.ExpiresAt > now+MaxLife:
		return fault.InvalidFor(op, "expires_at", "too_late", "is more than ten years ahead")
	}
	_, err := ParseNetworks(n.Networks)
	return err
}

// ParseNetworks reads addresses and networks in CIDR form (RFC 4632, RFC 4291).
// Errors: Invalid for the field networks.
func ParseNetworks(list []string) ([]netip.Prefix, error) {
	const op = "apikey.ParseNetworks"
	if len(list) > MaxNetworks {
		return nil, fault.InvalidFor(op, "networks", "too_many", "are more than %d", MaxNetworks)
	}
	var all []netip.Prefix
	for _, text := range list {
		network, err := parseNetwork(text)
		if err != nil {
			return nil, fault.InvalidFor(op, "networks", "malformed", "names what is neither an address nor a network")
		}
		all = append(all, network)
	}
	return all, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		address = address.Unmap().WithZone("")
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err == nil && network.Addr().Is4In6() {
		return network, fault.New(fault.Invalid, "apikey.parseNetwork", "an IPv4 network is written as one")
	}
	return network.Masked(), err
}
