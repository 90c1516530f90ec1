package app

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"kefu/content"
	"kefu/internal/app/acts"
	"kefu/internal/app/flows"
	"kefu/internal/app/stories"
	"kefu/internal/connector/demowallet"
	leaving "kefu/internal/connector/demowallet/closing"
	"kefu/internal/connector/walletapi"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/doubting"
	"kefu/internal/flow/lookup"
	"kefu/internal/flow/upkeep"
	"kefu/internal/flow/walletnotices"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/lifecycle"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/secret"
	"kefu/internal/platform/sharedkeys"
	"kefu/internal/storage/books"
	"kefu/internal/web/walletevents"
)

// connectWallet makes the way to the operator's wallet, where there is one.
func (a *App) connectWallet(context.Context) error {
	c := a.Config.Wallet
	a.doubts = doubting.New(doubting.Deps{Store: a.Store, Table: a.codes, Clean: a.intake.Clean, Figures: a.metrics, Clock: a.now, Log: a.Log})
	deps := lookup.Deps{Links: a.Store, Causes: a.codes, Clean: a.intake.Clean, Clock: a.now, Limited: a.metrics.Limited}
	var client *walletapi.Client
	if c.URL != "" {
		keys, err := sharedkeys.Open(c.SecretFile, c.KeyID, a.Log)
		if err != nil {
			return fault.New(fault.Invalid, "app.connectWallet", "wallet.secret_file: %s", fault.Sentence(err))
		}
		if client, err = openWallet(a.Config, a, keys); err != nil {
			return err
		}
		a.shared = keys
		a.wallet, deps.Wallet, deps.Teller = client, client, client
		a.notices = walletnotices.New(a.Store, client, walletnotices.Options{Clock: a.now, Log: a.Log})
		a.events = walletevents.New(a.notices, httpsig.NewVerifierOf(walletNonces, keys.Keys), a.now, a.Log)
	}
	issuer := a.walletIssuer()
	a.lookup = lookup.New(deps, lookup.Options{Issuer: issuer, Reveals: ratelimit.Of(c.Reveals)})
	flows, err := flows.New(flows.Parts{Store: a.Store, Failures: a.codes, Intake: a.intake, Wallet: deps.Wallet, Reads: a.readsOfFlows(), Config: c, Issuer: issuer, Clock: a.now, Log: a.Log, Limited: a.metrics.Limited})
	if a.flows = flows; err != nil || a.notices == nil {
		return err
	}
	a.notices.Follow(a.flows)
	alerts := a.alerts(client, issuer)
	a.flows.UseAsker(alerts)
	a.notices.Follow(alerts)
	a.notices.Follow(a.partings(client, issuer))
	claims, err := a.claims(client, issuer)
	if err != nil {
		return err
	}
	a.notices.Follow(claims)
	return a.listen()
}

// listen has payments offered to be stopped at once to whoever writes that they are in
// danger.
func (a *App) listen() error {
	words, err := flows.Dangers(a.flows)
	if err == nil {
		a.intake.UseDangers(words.Find)
	}
	return err
}

// walletNonces bounds how many signatures of the wallet's are remembered: ten minutes of
// a hundred notices a second.
const walletNonces = 60_000

// walletIssuer is whose customers the wallet knows.
func (a *App) walletIssuer() string {
	if issuer := a.Config.Wallet.Issuer; issuer != "" || len(a.Config.Identity.Issuers) != 1 {
		return issuer
	}
	return a.Config.Identity.Issuers[0].Issuer
}

// connectActs makes what has things done in the wallet, and gives it to the flows, and
// both to the stories of payments.
func (a *App) connectActs() {
	a.acts = acts.New(acts.Parts{
		Store: a.Store, Wallet: a.wallet, Approvals: a.approvals, Settings: a.settings, Queue: a.queue, Files: a.files, Clean: a.intake.Clean, Config: a.Config, Issuer: a.walletIssuer(),
		Clock: a.now, Log: a.Log, Metrics: a.metrics,
	})
	a.flows.Files = a.files
	if a.wallet != nil {
		a.flows.Acts = acting.Flows{Service: a.acts.Service}
		a.acts.Changed = a.flows.ActChanged
		a.notices.Follow(a.acts)
	}
	a.lookup.Doings = []lookup.Doings{stories.OfRuns{Runs: a.flows}, stories.OfActs{Acts: a.acts}}
}

func openWallet(c config.Config, a *App, keys *sharedkeys.File) (*walletapi.Client, error) {
	links, err := applink.Read(c.Wallet.Links)
	if err != nil {
		return nil, err
	}
	return walletapi.New(walletapi.Options{
		URL: c.Wallet.URL, Signer: keys.Signer, Timeout: c.Wallet.Timeout, Concurrent: c.Wallet.Concurrent, Links: links, Private: c.Wallet.Private, Clock: a.now, Log: a.Log, Saw: a.doubts.Saw,
	})
}

// noticeWorkers take what the wallet tells by itself, where there is one.
func (a *App) noticeWorkers() []lifecycle.Worker {
	if a.notices == nil {
		return nil
	}
	old := func(ctx context.Context) error { return a.Store.PurgeNotices(ctx, identity.SystemPart("upkeep")) }
	return []lifecycle.Worker{
		{Name: "wallet notices", Run: a.notices.Run},
		{Name: "shared keys", Run: a.shared.Run},
		{Name: "old notices", Run: func(ctx context.Context) error { return upkeep.Every(ctx, 10*time.Minute, a.Log, "old notices", old) }},
	}
}

// The demo wallet's side of the shared secret.
const (
	demoWalletKey    = "kefu-demo"
	demoWalletSecret = "demo-wallet.secret"
)

// prepareDemoWallet has Kefu ask the demo's wallet over the address of its page, which has
// a name as well.
func prepareDemoWallet(c *config.Config, address, named string) error {
	const op = "app.prepareDemoWallet"
	file := filepath.Join(c.Data, demoWalletSecret)
	if _, err := os.Stat(file); err != nil {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return fault.Wrap(op, err)
		}
		if err := os.WriteFile(file, []byte(secret.Token()+"\n"), 0o600); err != nil {
			return fault.Wrap(op, err)
		}
	}
	c.Wallet.URL, c.Wallet.KeyID, c.Wallet.SecretFile, c.Wallet.Issuer, c.Wallet.Private = address+"/v1", demoWalletKey, file, demoIssuer, true
	c.Wallet.Suggest, c.Wallet.Links = true, append(c.Wallet.Links, address, named)
	return nil
}

// demoPace is how much faster than life the demo's rails are: a day is about a minute.
const demoPace = 1200

// CheckCoolingOff refuses days for which the demo's wallet lets nobody change their mind.
// Errors: Invalid.
func CheckCoolingOff(days int) error { return leaving.Within(days).Validate() }

// openDemoLedger opens the demo's wallet on books of its own, gives its people their
// lives, and makes the API over which Kefu asks for them.
func (a *App) openDemoLedger(ctx context.Context, d *Demo) (*demowallet.Wallet, http.Handler, error) {
	const op = "app.openDemoLedger"
	store, err := a.runBooks(ctx)
	if err != nil {
		return nil, nil, err
	}
	codes, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	ledger, err := demowallet.Open(ctx, demowallet.Options{
		Books: demowallet.Over(store), Clock: a.now, Failures: codes, Issuer: d.Issuer.Issuer, Audience: d.Issuer.Audience, Link: d.URLs["wallet"], Named: d.URLs["wallet_named"], Pace: demoPace, Closing: leaving.Within(d.CoolingOff), Log: a.Log,
	})
	if err != nil {
		return nil, nil, err
	}
	people := make([]demowallet.Person, len(d.Customers))
	for i, c := range d.Customers {
		people[i] = demowallet.Person{ID: c.ID, Name: c.Name, Language: c.Language}
	}
	if err := ledger.Seed(ctx, people); err != nil {
		return nil, nil, err
	}
	verifier := httpsig.NewVerifierOf(100_000, a.shared.Keys) // the demo's two sides share one file
	api := walletserver.New(walletserver.Options{Wallet: ledger, Verifier: verifier, Name: "demo", Clock: a.now, Log: a.Log})
	return ledger, api.Handler(), nil
}

// runBooks opens the books of the demo's wallet beside Kefu's database and lets them run
// until the server closes.
func (a *App) runBooks(ctx context.Context) (*books.Store, error) {
	store, err := books.Open(ctx, books.Options{DSN: a.Config.Database.Reveal(), Dir: books.Folder(a.Config.Data), Clock: a.now, Log: a.Log})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- store.Run(running) }()
	a.onClose(func() error {
		stop()
		return errors.Join(<-done, store.Close())
	})
	return store, nil
}

// walletHost is where the demo wallet answers, by one of its addresses.
func walletHost(d *Demo, which string) (string, error) {
	at, err := url.Parse(d.URLs[which])
	if err != nil {
		return "", fault.Wrap("app.walletHost", err)
	}
	return at.Host, nil
}
