// Package issuing is who signs customers' tokens: where the public keys of each issuer
// are, as the configuration and the settings together say.
package issuing

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
)

// keyFileEvery is how often a key set's file is looked at.
const keyFileEvery = 5 * time.Second

// Client asks for issuers' keys, where the operator allows it inside their
// own network too.
func Client(c config.Identity) *egress.Client {
	return egress.New(egress.Options{MaxBytes: identity.MaxKeySetBytes, Private: c.PrivateKeys})
}

// sourceOf is where the configuration says that an issuer's public keys are.
func sourceOf(i config.Issuer, client *egress.Client) signin.Source {
	s := signin.Source{Issuer: i.Issuer, Algorithms: i.Algorithms}
	if i.JWKSFile != "" {
		s.Every = keyFileEvery
		s.Read = func(context.Context) ([]byte, time.Duration, error) {
			text, err := readKeyFile(i.JWKSFile)
			return text, 0, err
		}
		return s
	}
	s.Read = func(ctx context.Context) ([]byte, time.Duration, error) {
		answer, err := client.Get(ctx, i.JWKSURL)
		return answer.Body, egress.MaxAge(answer.Header), err
	}
	return s
}

// readKeyFile reads a file of bounded length.
func readKeyFile(path string) ([]byte, error) {
	const op = "issuing.readKeyFile"
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "%v", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, identity.MaxKeySetBytes+1))
	return text, fault.Wrap(op, errors.Join(err, file.Close()))
}

// Open connects the verification of identity tokens with the places of
// the keys. A file has to be right at the start; an address may be out of reach
// for now.
func Open(ctx context.Context, c config.Identity, client *egress.Client, now clock.Clock, log *slog.Logger) (*signin.Issuers, error) {
	const op = "issuing.Open"
	issuers := make([]identity.Issuer, 0, len(c.Issuers))
	sources := make([]signin.Source, 0, len(c.Issuers))
	for _, i := range c.Issuers {
		issuer, source := identity.Issuer{Name: i.Issuer, Audience: cmp.Or(i.Audience, c.Audience)}, sourceOf(i, client)
		if i.JWKSFile != "" {
			var err error
			if issuer.Keys, err = source.Keys(ctx); err != nil {
				return nil, fault.New(fault.Invalid, op, "issuer %s: %s: %v", i.Issuer, i.JWKSFile, err)
			}
		}
		issuers, sources = append(issuers, issuer), append(sources, source)
	}
	verifier, err := identity.NewVerifier(issuers, now)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return signin.NewIssuers(verifier, sources, now, log), nil
}

// Check reads the keys of every issuer once.
func Check(ctx context.Context, c config.Identity, client *egress.Client) error {
	for _, i := range c.Issuers {
		if _, err := sourceOf(i, client).Keys(ctx); err != nil {
			return fault.New(fault.CodeOf(err), "issuing.Check", "issuer %s: %s: %v", i.Issuer, cmp.Or(i.JWKSFile, i.JWKSURL), err)
		}
	}
	return nil
}
