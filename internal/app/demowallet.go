package app

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net/url"

	"kefu/internal/app/demopage"
	"kefu/internal/connector/walletserver/deliver"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/lifecycle"
	"kefu/internal/web/demowallet"
	"kefu/internal/web/demowallet/letin"
	"kefu/internal/web/pages"
	"kefu/internal/web/walletevents"
	"kefu/ui"
)

// DemoWorkers make a demo of a server: the demo wallet's own server, people in an
// empty store, and demo.json. ready is called when all of it is there.
func (a *App) DemoWorkers(d *Demo, fresh bool, ready func()) (Beside, error) {
	wallet, rails, hooks, err := a.demoWallet(d)
	if err != nil {
		return Beside{}, err
	}
	people := lifecycle.Worker{Name: "demo", Start: func(ctx context.Context) error {
		if err := a.SeedDemo(ctx, d, fresh); err != nil {
			return err
		}
		if err := a.seedPush(ctx, d); err != nil || d.Bare {
			return err
		}
		return a.seedLife(ctx)
	}}
	greeting := lifecycle.Worker{Name: "greeting", Start: func(context.Context) error {
		ready()
		return nil
	}}
	return Beside{Before: []lifecycle.Worker{wallet}, After: []lifecycle.Worker{people, rails, hooks, greeting}}, nil
}

// demoWallet serves the demo wallet at its address in demo.json, lets what is to happen in
// it happen, and has it tell Kefu of that at the public address, as any wallet does.
func (a *App) demoWallet(d *Demo) (page, rails, hooks lifecycle.Worker, err error) {
	const op = "app.demoWallet"
	signer, err := d.Issuer.signer()
	if err != nil {
		return page, rails, hooks, err
	}
	host, err := walletHost(d, "wallet")
	if err != nil {
		return page, rails, hooks, err
	}
	named, err := walletHost(d, "wallet_named")
	if err != nil {
		return page, rails, hooks, err
	}
	ledger, api, err := a.openDemoLedger(context.Background(), d)
	if err != nil {
		return page, rails, hooks, err
	}
	public, err := url.Parse(a.Config.PublicURL)
	if err != nil {
		return page, rails, hooks, fault.Wrap(op, err)
	}
	o := originsOf(public, a.Config.Origins)
	shown, err := pages.DemoWallet(ui.Dist(), o.desk(), o.frame())
	if err != nil {
		return page, rails, hooks, err
	}
	posts, err := deliver.New(ledger.Outbox(), deliver.Options{
		URL: public.JoinPath(walletevents.Path).String(), Signer: a.shared.Signer, Private: true, Clock: a.now, Log: a.Log,
	})
	if err != nil {
		return page, rails, hooks, err
	}
	letIn, err := letin.Handler(demopage.LetIn{Room: ledger.Room, App: demopage.App{Wallet: ledger}}, demowallet.OwnPage)
	if err != nil {
		return page, rails, hooks, err
	}
	handler := demowallet.Handler(demowallet.Options{
		Host: host, LetIn: letIn, Named: named, Customers: d.Customers, Page: shown, API: api, Account: demopage.App{Wallet: ledger}.Account, Pushes: demowallet.NewPushes(a.pushSecret(), a.now), App: demopage.App{Wallet: ledger},
		Sign: func(customer, name, language string, proven bool) (string, error) {
			level := identity.AL1
			if proven {
				level = identity.AL2
			}
			return signer.Sign(identity.Claims{Subject: customer, Name: name, Language: language, Level: level}, a.now())
		},
	})
	return a.listener("demo wallet", host, handler), lifecycle.Worker{Name: "demo rails", Run: ledger.Run}, lifecycle.Worker{Name: "demo webhooks", Run: posts.Run}, nil
}

// signer is the demo issuer as it signs.
func (i DemoIssuer) signer() (identity.Signer, error) {
	const op = "app.signer"
	block, _ := pem.Decode([]byte(i.PrivateKey))
	if block == nil {
		return identity.Signer{}, fault.New(fault.Invalid, op, "%s holds no private key in PEM", demoFile)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return identity.Signer{}, fault.Wrap(op, err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return identity.Signer{}, fault.New(fault.Invalid, op, "the demo's key is not Ed25519")
	}
	return identity.Signer{Issuer: i.Issuer, Audience: i.Audience, KeyID: i.KID, Key: private}, nil
}
