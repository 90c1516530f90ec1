// Package directory is the way to the operator's own list of people, over OpenID
// Connect Core 1.0: authorization code flow with PKCE (RFC 7636), state and nonce,
// and the issuer named in the answer (RFC 9207). It says who somebody is there; who
// that is here, and whether they are let in, is for flow/signin.
package directory

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
)

// Options of a Directory.
type Options struct {
	Config   config.Directory
	Secret   string // of this client, at the provider
	Callback string // where the provider sends browsers back to
	// Transport asks the provider, within bounds: an egress.Client.
	Transport http.RoundTripper
	Clock     clock.Clock
}

// discoverEvery is how long what the provider says of itself is taken as it was.
const discoverEvery = time.Hour

// Directory is one provider.
type Directory struct {
	options Options
	client  *http.Client

	mu      sync.Mutex
	known   *oidc.Provider
	knownAt time.Time
	issParm bool // the provider names itself in every answer
}

// New makes a Directory. The provider is asked when somebody comes, and need not be
// there before.
func New(o Options) *Directory {
	return &Directory{options: o, client: &http.Client{
		Transport: o.Transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Label implements signin.Directory.
func (d *Directory) Label() string { return d.options.Config.Label }

// provider is what the provider says of itself. Errors: Unavailable.
func (d *Directory) provider(ctx context.Context) (*oidc.Provider, bool, error) {
	const op = "directory.provider"
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.options.Clock()
	if d.known != nil && now.Sub(d.knownAt) < discoverEvery {
		return d.known, d.issParm, nil
	}
	// The keys are asked for later, with the client alone: not with this caller's end.
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, d.client), d.options.Config.Issuer)
	if err != nil {
		return nil, false, fault.New(fault.Unavailable, op, "the directory does not say who it is: %v", err)
	}
	var more struct {
		Iss bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, false, fault.New(fault.Unavailable, op, "the directory says of itself what cannot be read")
	}
	d.known, d.knownAt, d.issParm = found, now, more.Iss
	return found, more.Iss, nil
}

func (d *Directory) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: d.options.Config.ClientID, ClientSecret: d.options.Secret, Endpoint: p.Endpoint(), RedirectURL: d.options.Callback,
		Scopes: append([]string{oidc.ScopeOpenID}, d.options.Config.Scopes...),
	}
}

// Begin implements signin.Directory.
func (d *Directory) Begin(ctx context.Context, ask signin.DirectoryAsk) (string, error) {
	p, _, err := d.provider(ctx)
	if err != nil {
		return "", err
	}
	parameters := []oauth2.AuthCodeOption{
		oidc.Nonce(ask.Nonce), oauth2.SetAuthURLParam("code_challenge", ask.Challenge), oauth2.SetAuthURLParam("code_challenge_method", "S256"),
	}
	if acr := d.options.Config.ACR; len(acr) > 0 {
		parameters = append(parameters, oauth2.SetAuthURLParam("acr_values", strings.Join(acr, " ")))
	}
	address := d.oauth(p).AuthCodeURL(ask.State, parameters...)
	if u, err := url.Parse(address); err != nil || u.Host == "" || (u.Scheme != "https" && !d.options.Config.Private) {
		return "", fault.New(fault.Unavailable, "directory.Begin", "the directory names no address to sign in at")
	}
	return address, nil
}

// claims are what is read of an identity token.
type claims struct {
	Nonce         string   `json:"nonce"`
	AZP           string   `json:"azp"`
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	Name          string   `json:"name"`
	ACR           string   `json:"acr"`
	AMR           []string `json:"amr"`
}

// Finish implements signin.Directory.
func (d *Directory) Finish(ctx context.Context, a signin.DirectoryAnswer) (signin.DirectoryPerson, error) {
	const op = "directory.Finish"
	var person signin.DirectoryPerson
	p, named, err := d.provider(ctx)
	if err != nil {
		return person, err
	}
	// RFC 9207 section 2.4: an answer of another provider is not to be taken to this
	// one, nor one that hides whose it is.
	if (a.Issuer != "" || named) && a.Issuer != d.options.Config.Issuer {
		return person, fault.New(fault.Unauthenticated, op, "the answer is another provider's")
	}
	ctx = oidc.ClientContext(ctx, d.client)
	token, err := d.oauth(p).Exchange(ctx, a.Code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return person, exchangeFailed(op, err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return person, fault.New(fault.Unauthenticated, op, "the directory gave no identity token")
	}
	verifier := p.VerifierContext(ctx, &oidc.Config{ClientID: d.options.Config.ClientID, Now: d.options.Clock, SupportedSigningAlgs: []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.EdDSA}})
	verified, err := verifier.Verify(ctx, raw)
	if err != nil {
		return person, fault.New(fault.Unauthenticated, op, "the identity token is refused: %v", err)
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return person, fault.New(fault.Unauthenticated, op, "the identity token holds what cannot be read")
	}
	if err := d.judge(verified, c, a.Nonce); err != nil {
		return person, err
	}
	person = signin.DirectoryPerson{Issuer: verified.Issuer, Subject: verified.Subject, Name: c.Name, RolesRuled: d.options.Config.RoleClaim != ""}
	if c.EmailVerified {
		person.Email = c.Email
	}
	if person.RolesRuled {
		var all map[string]any
		if err := verified.Claims(&all); err != nil {
			return person, fault.New(fault.Unauthenticated, op, "the identity token holds what cannot be read")
		}
		person.Role = d.roleOf(all[d.options.Config.RoleClaim])
	}
	return person, nil
}

// judge refuses an identity token that is somebody else's, or does not prove enough.
func (d *Directory) judge(t *oidc.IDToken, c claims, nonce string) error {
	const op = "directory.judge"
	o := d.options.Config
	switch {
	case nonce == "" || subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(nonce)) != 1:
		return fault.New(fault.Unauthenticated, op, "the identity token answers another question")
	case t.Subject == "" || len(t.Subject) > 255: // OpenID Connect Core section 2
		return fault.New(fault.Unauthenticated, op, "the identity token names nobody")
	case (len(t.Audience) > 1 || c.AZP != "") && c.AZP != o.ClientID:
		return fault.New(fault.Unauthenticated, op, "the identity token was made for another client")
	case len(o.ACR) > 0 && !slices.Contains(o.ACR, c.ACR):
		return fault.New(fault.Unauthenticated, op, "the sign-in at the directory was too weak")
	case len(o.AMR) > 0 && !slices.ContainsFunc(o.AMR, func(m string) bool { return slices.Contains(c.AMR, m) }):
		return fault.New(fault.Unauthenticated, op, "the sign-in at the directory was of another kind")
	default:
		return nil
	}
}

// roleOf is the role with the most rights that a claim's values give; "" for none.
func (d *Directory) roleOf(claim any) identity.Role {
	var values []string
	switch c := claim.(type) {
	case string:
		values = []string{c}
	case []any:
		for _, v := range c {
			if text, ok := v.(string); ok {
				values = append(values, text)
			}
		}
	}
	for _, role := range identity.Roles() {
		for _, rule := range d.options.Config.Roles {
			if identity.Role(rule.Role) == role && slices.Contains(values, rule.Value) {
				return role
			}
		}
	}
	return ""
}

// exchangeFailed tells a provider that says no from one that says nothing.
func exchangeFailed(op string, err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
		return fault.New(fault.Unauthenticated, op, "the directory refused the code: %s", refused.ErrorCode)
	}
	return fault.New(fault.Unavailable, op, "the directory did not take the code: %v", fault.CodeOf(err))
}
