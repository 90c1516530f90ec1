// Package app is the composition root: it builds every part of a server from the
// configuration, connects them and owns the order in which they start and stop.
// Nothing else knows everybody.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"kefu/internal/app/acts"
	"kefu/internal/app/casework"
	"kefu/internal/app/codes"
	"kefu/internal/app/issuing"
	"kefu/internal/connector/blob"
	"kefu/internal/connector/directory"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/outbound"
	"kefu/internal/domain/search"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wrapup"
	"kefu/internal/flow/apikeys"
	"kefu/internal/flow/approving"
	"kefu/internal/flow/asking"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/clocks"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/doubting"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/lookup"
	"kefu/internal/flow/notifying"
	"kefu/internal/flow/privacy"
	"kefu/internal/flow/restricting"
	queueing "kefu/internal/flow/routing"
	"kefu/internal/flow/searching"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/signin"
	"kefu/internal/flow/upkeep"
	"kefu/internal/flow/walletnotices"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/headlog"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/lifecycle"
	"kefu/internal/platform/metrics"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/password"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/sharedkeys"
	"kefu/internal/platform/ticket"
	"kefu/internal/platform/tracing"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/searchindex"
	"kefu/internal/web/realtime"
	"kefu/internal/web/sso"
	"kefu/internal/web/walletevents"
)

// App is a server that is built and not yet running.
type App struct {
	Config  config.Config
	Version string
	Store   *storage.Store
	Privacy *privacy.Service
	Ring    *keyring.Ring
	Desk    *signin.Desk
	Log     *slog.Logger

	now      clock.Clock
	metrics  *metrics.Metrics
	tracer   *tracing.Tracer
	health   *lifecycle.Health
	index    *searchindex.Index
	heads    *headlog.Log
	signer   audit.Signer
	intake   *intake.Service
	kinds    *settings.Registry
	settings *configuring.Service
	// What the house's own rules leave of the rights of staff; nil for the command line.
	restricting *restricting.Service
	wallet      acts.Wallet // nil: there is none
	lookup      *lookup.Service
	codes       *failure.Table    // of failed payments
	doubts      *doubting.Service // of those codes
	insiders    *watching.Service
	flows       *selfservice.Service
	notices     *walletnotices.Service // nil without a wallet
	events      *walletevents.Handler
	shared      *sharedkeys.File // with the wallet; nil without one
	acts        *acts.Room
	cases       *casework.Room
	copies      *privacy.Copier
	asking      *asking.Service
	sender      *notifying.Sender
	webhooks    *notifying.Desk
	approvals   *approving.Service
	keys        *apikeys.Service
	windows     *signin.Windows
	issuers     *signin.Issuers
	searcher    *searching.Searcher
	indexer     *searching.Worker
	jobs        *upkeep.Worker
	blobs       *blob.Local
	files       *attaching.Service
	realtime    *realtime.Server
	queue       *queueing.Service
	followers   []follower
	clocks      *clocks.Keeper
	handler     http.Handler
	closers     []func() error
}

// Build makes the one server of a data folder: it takes the folder, brings the
// schema up to date, opens the keys, the database and the index and connects the
// parts. Close gives back what it opened. Errors: Conflict while another server
// uses the folder or the database.
func Build(ctx context.Context, c config.Config, version string, log *slog.Logger) (*App, error) {
	return build(ctx, c, version, log, func(a *App) []func(context.Context) error {
		return []func(context.Context) error{a.takeFolder, a.openTracing, a.openKeys, a.openStore, a.openIndex, a.openAudit, a.noticeRestore, a.connect, a.connectWeb}
	})
}

// BuildCommand makes what a command changes a little with, beside a running server
// or not: the store and the desk. Where there is no server, it brings the schema up
// to date if it has to.
func BuildCommand(ctx context.Context, c config.Config, version string, log *slog.Logger) (*App, error) {
	return build(ctx, c, version, log, func(a *App) []func(context.Context) error {
		return []func(context.Context) error{a.openTracing, a.openKeys, a.openStoreBeside, a.connectDesk}
	})
}

func build(ctx context.Context, c config.Config, version string, log *slog.Logger, steps func(*App) []func(context.Context) error) (*App, error) {
	a := &App{Config: c, Version: version, Log: log, now: clock.System, metrics: metrics.New()}
	a.health = lifecycle.NewHealth(a.now)
	for _, step := range steps(a) {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// Close gives back what Build opened, the last first.
func (a *App) Close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

func (a *App) onClose(f func() error) { a.closers = append(a.closers, f) }

func (a *App) openTracing(ctx context.Context) error {
	tracer, err := tracing.New(ctx, tracing.Options{Endpoint: a.Config.Tracing.Endpoint, Sample: a.Config.Tracing.Sample, Version: a.Version, Log: a.Log})
	if err != nil {
		return err
	}
	a.tracer = tracer
	a.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return tracer.Close(ctx)
	})
	return nil
}

func (a *App) openKeys(context.Context) error {
	ring, err := OpenRing(a.Config, false)
	if err != nil {
		return err
	}
	a.Ring = ring
	a.onClose(ring.Close)
	a.health.Check("keys", func(context.Context) error { return ring.Ready() })
	return nil
}

func (a *App) takeFolder(context.Context) error {
	release, err := takeFolder(a.Config.Data)
	if err == nil {
		a.onClose(release)
	}
	return err
}

func (a *App) openStore(ctx context.Context) error { return a.openStoreWith(ctx, true) }

// openStoreBeside leaves a schema alone that a running server relies on.
func (a *App) openStoreBeside(ctx context.Context) error {
	behind := a.openStoreWith(ctx, false)
	if !fault.Is(behind, fault.Conflict) {
		return behind
	}
	if Migrate(ctx, a.Config) != nil {
		return behind
	}
	return a.openStoreWith(ctx, false)
}

func (a *App) openStoreWith(ctx context.Context, server bool) error {
	c := a.Config.Committer
	table, err := codes.Load()
	if err != nil {
		return err
	}
	kinds, err := configuring.KindsOf(configuring.Place{LoopbackHooks: a.Config.Webhooks.Private, Codes: table})
	if err != nil {
		return err
	}
	a.codes = table
	a.kinds = kinds
	store, err := storage.Open(ctx, storage.Options{
		Dir: a.Config.Data, Database: a.Config.Database.Reveal(), Ring: a.Ring, Clock: a.now, Log: a.Log,
		Observer: watcher{a.metrics, a.tracer, a.now}, MaxBatch: c.MaxBatch, MaxQueue: c.QueueSize, MaxDelay: c.MaxDelay, Migrate: server, Alone: server, Settings: kinds,
	})
	if err != nil {
		return err
	}
	a.Store = store
	a.onClose(store.Close)
	a.health.Check("database", store.Ready)
	return nil
}

func (a *App) openIndex(ctx context.Context) error {
	blind, err := search.NewBlinder(a.Ring.Subkey("message search")[:search.KeySize])
	if err != nil {
		return err
	}
	kind := engine.Of(a.Config.Database.Reveal())
	index, err := searchindex.Open(ctx, searchindex.Options{
		Engine: kind, Path: filepath.Join(a.Config.Data, "search.db"), DSN: a.Config.Database.Reveal(), Fingerprint: blind.Fingerprint(),
	})
	if err != nil {
		return err
	}
	a.index = index
	a.onClose(index.Close)
	adapted := indexAdapter{index}
	a.indexer = searching.NewWorker(a.Store, adapted, blind, a.now, a.Log)
	a.searcher = searching.NewSearcher(searching.Parts{Finder: a.Store, Index: adapted, Recent: a.indexer, Blind: blind, Teams: a.teams, Now: a.now})
	return nil
}

func (a *App) openAudit(context.Context) error {
	signer, err := audit.NewSigner(a.Ring.Subkey("audit heads"))
	if err != nil {
		return err
	}
	heads, err := headlog.Open(HeadsPath(a.Config), headlog.Options{})
	if err != nil {
		return err
	}
	a.signer, a.heads = signer, heads
	a.onClose(heads.Close)
	return nil
}

// noticeRestore puts in doubt what an older database does not know the end of.
func (a *App) noticeRestore(ctx context.Context) error {
	return acts.NoticeRestore(ctx, acts.Copy{
		Store: a.Store, Heads: HeadsPath(a.Config), Key: a.signer.Public(), By: CommandLine(), Log: a.Log,
		Beside: storage.Options{Dir: a.Config.Data, Database: a.Config.Database.Reveal(), Ring: a.Ring, Clock: a.now, Log: slog.New(slog.DiscardHandler)},
	})
}

// connect builds the flows.
func (a *App) connect(ctx context.Context) error {
	detector, err := guard.New()
	if err != nil {
		return err
	}
	if a.issuers, err = issuing.Open(ctx, a.Config.Identity, issuing.Client(a.Config.Identity), a.now, a.Log); err != nil {
		return err
	}
	a.intake = intake.New(a.Store, detector, intake.LimitsOf(a.Config.Limits, a.Config.Attachments), a.now, a.metrics)
	wording, err := outbound.New()
	if err != nil {
		return err
	}
	a.intake.UseWording(wording)
	if err := a.connectWallet(ctx); err != nil {
		return err
	}
	if err := a.connectSettings(ctx); err != nil {
		return err
	}
	if err := a.connectSigners(); err != nil {
		return err
	}
	if err := a.connectDesk(ctx); err != nil {
		return err
	}
	a.connectInsiders()
	a.keys = apikeys.New(apikeys.Deps{
		Store: a.Store, Prover: a.Desk, Clean: a.intake.Name, Digests: a.Ring.Subkey("API keys"), Clock: a.now, Limited: a.metrics.Limited,
	}, ratelimit.Of(a.Config.Limits.KeyRequests))
	a.windows = signin.NewWindows(a.Store, a.issuers, a.Ring.Subkey("visitor secrets"), signin.WindowOptionsOf(a.Config.Identity), a.now, a.intake.Name, a.Log)
	if err := a.connectFiles(ctx); err != nil {
		return err
	}
	a.connectQueue()
	a.connectActs()
	if a.cases, err = casework.New(casework.Parts{Store: a.Store, Intake: a.intake, Law: a.Config.Cases.Jurisdiction, Chosen: a.chosenLaw, Clock: a.now, Log: a.Log, Metrics: a.metrics, Follow: a.follow, Signer: a.signer, File: casework.FilesOf(a.files)}); err != nil {
		return err
	}
	a.Privacy = privacy.New(privacy.Deps{Store: a.Store, Book: a.cases.Book, Clock: a.now, Log: a.Log})
	a.copies = privacy.NewCopier(privacy.CopyDeps{Kept: a.Store, Cases: a.cases, File: casework.FilesOf(a.files), Signer: a.signer, Book: a.cases.Book, Clock: a.now})
	a.jobs = upkeep.NewWorker(a.Store, a.jobHandlers(), a.now, a.Log)
	a.connectTelling()
	a.connectClocks()
	return nil
}

// chosenLaw is whose law the house has chosen for its cases.
func (a *App) chosenLaw() string {
	return settings.One[organisation.Organisation](a.settings.Snapshot()).Law
}

// connectSettings reads what is set, before anything is built that asks for it.
func (a *App) connectSettings(ctx context.Context) error {
	a.settings = configuring.New(configuring.Deps{
		Store: a.Store, Kinds: a.kinds, Clean: a.intake.Clean, Worded: a.intake.Worded, Clock: a.now, Log: a.Log, Limited: a.metrics.Limited,
	})
	a.approvals = approving.New(a.Store, a.intake.Clean, func(ctx context.Context) {
		if err := a.settings.Load(ctx); err != nil { // its worker comes to it
			a.Log.Warn("the settings could not be read after an approval", "error", err)
		}
	})
	codes.Follow(a.codes, a.settings)
	a.restricting = restricting.New(a.Store, a.now, a.Log)
	a.Store.BoundBy(a.restricting.Away)
	a.settings.Listen(a.restricting.Use)
	if err := a.settings.Load(ctx); err != nil {
		return err
	}
	a.asking = asking.New(a.settings, nil)
	if a.Config.Wallet.URL != "" {
		a.asking = asking.New(a.settings, a.lookup)
		a.asking.UseReadings(a.flows.Tells)
	}
	a.intake.UseForms(a.asking)
	a.intake.UseWrapUps(func() *wrapup.Book { return wrapup.BookOf(a.settings.Snapshot()) })
	return nil
}

func (a *App) connectDesk(context.Context) error {
	limits := signin.DeskLimitsOf(a.Config.Limits)
	limits.Limited = a.metrics.Limited
	a.Desk = signin.NewDesk(a.Store, password.NewHasher(runtime.NumCPU()), limits, a.now, a.Log)
	keys, err := passkey.New(a.Config.PublicURL)
	if err != nil {
		return err
	}
	tickets, err := ticket.New(a.Ring.Subkey("sign-in tickets")[:ticket.KeySize])
	if err != nil {
		return err
	}
	ways := signin.Ways{
		House: signin.HouseOf(a.Config.Staff), Passkeys: keys, Tickets: tickets, PublicURL: a.Config.PublicURL,
		Clean: func(name string) string { return name }, // of the command line, whose words nobody else sees first
	}
	if a.intake != nil {
		ways.Clean = a.intake.Name
	}
	if a.restricting != nil {
		ways.Restrict = a.restricting.Restrict
	}
	if ways.Directory, err = openDirectory(a.Config, a.now); err != nil {
		return err
	}
	a.Desk.Open(ways)
	return nil
}

// openDirectory is the way to the operator's directory; nil where there is none.
func openDirectory(c config.Config, now clock.Clock) (signin.Directory, error) {
	if c.Directory.Issuer == "" {
		return nil, nil
	}
	secret := []byte(nil)
	if c.Directory.SecretFile != "" {
		var err error
		if secret, err = os.ReadFile(c.Directory.SecretFile); err != nil {
			return nil, fault.InvalidField("app.openDirectory", "directory.secret_file", "cannot be read: %v", err)
		}
	}
	return directory.New(directory.Options{
		Config: c.Directory, Secret: strings.TrimSpace(string(secret)), Callback: strings.TrimSuffix(c.PublicURL, "/") + sso.Callback,
		Transport: egress.New(egress.Options{Private: c.Directory.Private}), Clock: now,
	}), nil
}

// connectFiles opens the folder of attachments.
func (a *App) connectFiles(ctx context.Context) error {
	folder := filepath.Join(a.Config.Data, "attachments")
	blobs, err := blob.OpenLocal(folder, a.now)
	if err != nil {
		return err
	}
	a.blobs = blobs
	a.onClose(blobs.Close)
	owner, err := blobs.Claim(a.Store.Deployment())
	if err != nil {
		return err
	}
	if owner != a.Store.Deployment() { // files without a row are removed: all of them would be
		return fault.New(fault.Conflict, "app.connectFiles",
			"the files in %s belong to another database than the one that KEFU_DATABASE and KEFU_DATA lead to: set those as they were, or move the folder away to begin without files", folder)
	}
	o := attaching.OptionsOf(a.Config.Attachments, a.Config.Limits)
	o.LinkKey = a.Ring.Subkey("attachment links")[:attaching.LinkKeySize]
	a.files, err = attaching.New(attaching.Deps{
		Store: a.Store, Keys: a.Ring, Blobs: blobAdapter{blobs}, Clean: a.intake.Clean, Clock: a.now, Log: a.Log, Limited: a.metrics.Limited,
	}, o)
	if err != nil {
		return err
	}
	return a.files.Recall(ctx)
}
