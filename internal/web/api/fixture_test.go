package api_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/connector/blob"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/privacy"
	"kefu/internal/domain/search"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/webhook"
	"kefu/internal/domain/wrapup"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/apikeys"
	"kefu/internal/flow/approving"
	"kefu/internal/flow/asking"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/auditing"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/doubting"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/lookup"
	"kefu/internal/flow/notifying"
	"kefu/internal/flow/restricting"
	"kefu/internal/flow/routing"
	"kefu/internal/flow/ruling"
	"kefu/internal/flow/searching"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/signin"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/config"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/password"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/secret"
	"kefu/internal/platform/ticket"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/searchindex"
	"kefu/internal/storage/storagetest"
	"kefu/internal/web/accessapi"
	"kefu/internal/web/actionapi"
	"kefu/internal/web/api"
	"kefu/internal/web/approvalapi"
	"kefu/internal/web/auditapi"
	"kefu/internal/web/caseapi"
	"kefu/internal/web/emergencyapi"
	"kefu/internal/web/flowapi"
	"kefu/internal/web/goodwillapi"
	"kefu/internal/web/hookapi"
	"kefu/internal/web/insiderapi"
	"kefu/internal/web/keyapi"
	"kefu/internal/web/privacyapi"
	"kefu/internal/web/queueapi"
	"kefu/internal/web/reportapi"
	"kefu/internal/web/rightsapi"
	"kefu/internal/web/ruleapi"
	"kefu/internal/web/searchapi"
	"kefu/internal/web/session"
	"kefu/internal/web/storyapi"
	"kefu/internal/web/trustapi"
	"kefu/internal/web/windowapi"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files")
	os.Exit(m.Run())
}

const origin = "https://desk.example.org"

// world is a server with its real store and flows, without sockets.
type world struct {
	t           testing.TB
	store       *storage.Store
	index       *searchindex.Index
	blind       *search.Blinder
	intake      *intake.Service
	desk        *signin.Desk
	windows     *signin.Windows
	files       *attaching.Service
	settings    *configuring.Service
	restricting *restricting.Service
	kinds       *settings.Registry
	approvals   *approving.Service
	webhooks    *notifying.Desk
	keys        *apikeys.Service
	acts        *acting.Service
	digests     []byte // of keys
	programs    *programs
	deployment  *storagetest.Deployment
	lookup      *lookup.Service
	queue       *routing.Service
	walker      *selfservice.Service
	caseworker  *casework.Service
	api         *api.API
	logs        *bytes.Buffer
	offset      atomic.Int64 // nanoseconds that the clock is ahead
	stands      atomic.Int64 // nanoseconds since 1970 at which it stands, 0 while it goes
}

func (w *world) now() time.Time {
	now := time.Now()
	if at := w.stands.Load(); at != 0 {
		now = time.Unix(0, at)
	}
	return now.Add(time.Duration(w.offset.Load())).UTC()
}

func (w *world) pass(d time.Duration) { w.offset.Add(int64(d)) }

// stand lets time pass by pass alone: a limit gives nothing back while a busy machine
// is slow.
func (w *world) stand() { w.stands.Store(time.Now().UnixNano()) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eachEngine runs a test in a world on SQLite and in one on PostgreSQL.
func eachEngine(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) { run(t, worldOn(t, d)) })
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return worldOn(t, storagetest.New(t, engine.SQLite))
}

func worldOn(t testing.TB, d *storagetest.Deployment) *world {
	t.Helper()
	w := &world{t: t, logs: &bytes.Buffer{}, deployment: d}
	process := d.Open(t, func(o *storage.Options) { o.Clock = w.now })
	ring := process.Ring
	w.store = process.Store
	var err error
	w.blind, err = search.NewBlinder(ring.Subkey("message search")[:search.KeySize])
	check(t, err)
	w.index, err = searchindex.Open(context.Background(), searchindex.Options{
		Engine: d.Kind, Path: filepath.Join(d.Dir, "search.db"), DSN: d.DSN, Fingerprint: w.blind.Fingerprint(),
	})
	check(t, err)
	blobs, err := blob.OpenLocal(filepath.Join(d.Dir, "blobs"), w.now)
	check(t, err)
	t.Cleanup(func() {
		check(t, w.index.Close())
		check(t, blobs.Close())
	})
	detector, err := guard.New()
	check(t, err)
	w.intake = intake.New(w.store, detector, intake.LimitsOf(config.Default().Limits, config.Default().Attachments), w.now, nil)
	w.desk = signin.NewDesk(w.store, password.NewHasher(2), signin.DeskLimitsOf(config.Default().Limits), w.now, slog.New(slog.DiscardHandler))
	w.restricting = restricting.New(w.store, w.now, slog.New(slog.DiscardHandler))
	w.open(func(*signin.Ways) {})
	w.windows = signin.NewWindows(w.store, nil, ring.Subkey("visitor secrets"), signin.WindowOptionsOf(config.Default().Identity), w.now, w.intake.Name, slog.New(slog.DiscardHandler))
	o := attaching.OptionsOf(config.Default().Attachments, config.Default().Limits)
	o.LinkKey = ring.Subkey("attachment links")
	w.files, err = attaching.New(attaching.Deps{
		Store: w.store, Keys: ring, Blobs: blobAdapter{blobs}, Clean: w.intake.Clean, Clock: w.now, Log: slog.New(slog.DiscardHandler),
	}, o)
	check(t, err)
	w.kinds, err = configuring.Kinds()
	check(t, err)
	w.settings = configuring.New(configuring.Deps{Store: w.store, Kinds: w.kinds, Clean: w.intake.Clean, Clock: w.now})
	w.settings.Listen(w.restricting.Use)
	w.intake.UseWrapUps(func() *wrapup.Book { return wrapup.BookOf(w.settings.Snapshot()) })
	endpoints := func() []notifying.Endpoint {
		var all []notifying.Endpoint
		for _, e := range settings.All[webhook.Endpoint](w.settings.Snapshot()) {
			all = append(all, notifying.Endpoint{ID: e.ID, Endpoint: e.Value})
		}
		return all
	}
	w.queue = routing.New(routing.Deps{Store: w.store, Teller: silent{}, Clock: w.now})
	w.store.Listen(w.queue.Committed)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.queue.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		check(t, <-ended)
	})
	w.webhooks = notifying.NewDesk(w.store, endpoints, func() {}, w.now)
	w.approvals = approving.New(w.store, w.intake.Clean, nil)
	w.lookup = lookup.New(lookup.Deps{Wallet: lazyWallet(t, w.now), Links: w.store, Causes: causes(t), Clean: w.intake.Clean, Clock: w.now},
		lookup.Options{Issuer: "wallet", Reveals: ratelimit.Limit{Burst: 1000, Per: time.Hour}})
	w.connectActs()
	w.digests = ring.Subkey("API keys")
	w.keys = apikeys.New(apikeys.Deps{Store: w.store, Prover: w.desk, Clean: w.intake.Name, Digests: w.digests, Clock: w.now},
		ratelimit.Limit{Burst: 100_000, Per: time.Second})
	carrier, err := session.New(session.Options{PublicURL: origin})
	check(t, err)
	w.api = api.New(api.Deps{
		More: []func(*api.API){
			reportapi.Routes(w.store),
			searchapi.Routes(w.searcher()),
			ruleapi.Routes(ruling.NewTrials(w.store)),
			queueapi.Routes(queueapi.Deps{Queue: w.queue, Store: w.store, Settings: w.settings, Clock: w.now}),
			accessapi.Routes(accessapi.Deps{Desk: w.desk, Store: w.store, Carrier: carrier, Clean: w.intake.Name}),
			windowapi.Routes(asking.New(w.settings, nil), "https://widget.example.org/preview"),
			hookapi.Routes(w.webhooks),
			rightsapi.Routes(w.restricting, w.now),
			flowapi.Routes(w.runs()),
			storyapi.Routes(w.lookup, w.now),
			storyapi.DoubtRoutes(doubting.New(doubting.Deps{Store: w.store, Table: w.lookup.Causes})),
			approvalapi.Routes(w.approvals),
			keyapi.Routes(keyapi.Deps{Keys: w.keys, Clock: w.now}),
			actionapi.Routes(w.acts), goodwillapi.Routes(w.acts, w.store),
			caseapi.Routes(w.cases()),
			privacyapi.Routes(privacyapi.Deps{Requests: w.store, Plan: func(context.Context, string) (privacy.Plan, error) {
				return privacy.Plan{{Category: privacy.Messages, Erase: 3}}, nil
			}, Begun: func() {}}),
			trustapi.Routes(w.vouching(), w.micros),
			insiderapi.Routes(insiderapi.Deps{Store: w.store, Clean: w.intake.Clean, Clock: w.now, Decoys: watching.Decoys{Shelf: w.store, Clean: w.intake.Clean, Clock: w.now}}),
			emergencyapi.Routes(emergencyapi.Deps{Store: w.store, Clean: w.intake.Clean, Fresh: w.desk.Fresh}),
			auditapi.Routes(auditapi.Deps{Store: w.store, Prover: auditing.New(auditing.Options{
				Chain: w.store, Stream: storage.AuditStream, Clock: w.now, Heads: func() iter.Seq2[audit.Head, error] { return func(func(audit.Head, error) bool) {} },
			})}),
		},
		Wallet: w.lookup,
		Keys:   w.keys,
		Desk:   w.desk, Intake: w.intake, Store: w.store,
		Files: w.files, Settings: w.settings, Kinds: w.kinds, Decisions: w.restricting, Carrier: carrier, Log: slog.New(slog.NewTextHandler(w.logs, nil)),
	}, api.Options{AttachmentBytes: o.Limits.MaxBytes, FileURL: func(token string) string { return "https://files.example.org/f/" + token }})
	return w
}

func (w *world) searcher() *searching.Searcher {
	return searching.NewSearcher(searching.Parts{
		Finder: w.store, Index: indexAdapter{w.index}, Blind: w.blind, Now: w.now,
		Teams: func() []searching.Team { return nil },
	})
}

// open lets staff in by every way, as the house says.
func (w *world) open(change func(*signin.Ways)) {
	w.t.Helper()
	keys, err := passkey.New(origin)
	check(w.t, err)
	tickets, err := ticket.New(bytes.Repeat([]byte{7}, ticket.KeySize))
	check(w.t, err)
	ways := signin.Ways{
		House: signin.HouseOf(config.Default().Staff), Passkeys: keys, Tickets: tickets, PublicURL: origin, Clean: w.intake.Name, Restrict: w.restricting.Restrict,
	}
	change(&ways)
	w.desk.Open(ways)
}

// limitReads makes the API anew with a limit on what staff read.
func (w *world) limitReads(limit ratelimit.Limit) (told *[]string) {
	w.t.Helper()
	carrier, err := session.New(session.Options{PublicURL: origin})
	check(w.t, err)
	told = &[]string{}
	w.api = api.New(api.Deps{
		More:   []func(*api.API){searchapi.Routes(w.searcher()), ruleapi.Routes(ruling.NewTrials(w.store)), windowapi.Routes(asking.New(w.settings, nil), "")},
		Wallet: w.lookup,
		Desk:   w.desk, Intake: w.intake, Store: w.store,
		Files: w.files, Settings: w.settings, Kinds: w.kinds, Carrier: carrier, Clock: w.now, Limited: func(name string) { *told = append(*told, name) },
	}, api.Options{Reads: limit, Readers: 100})
	return told
}

// blobAdapter lets the flow use the blob store without knowing it.
type blobAdapter struct{ *blob.Local }

func (b blobAdapter) Open(ctx context.Context, id string, key keyring.Key) (attaching.Content, error) {
	return b.Local.Open(ctx, id, key)
}

type indexAdapter struct{ *searchindex.Index }

func (x indexAdapter) Add(context.Context, []searching.Doc, int64) error { return nil }

// member adds somebody who works here.
func (w *world) member(role identity.Role) staff.Member {
	w.t.Helper()
	key := id.New()
	m := staff.Member{ID: key, Email: key + "@example.org", Name: "Name " + key[:4], Alias: "Alias " + key[:4], Role: role}
	check(w.t, w.store.AddStaff(context.Background(), identity.SystemPart("test"), staff.New{Member: m, TOTPSecret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}))
	return m
}

// session opens a session without a sign-in, which takes its time on purpose.
func (w *world) session(m staff.Member) string {
	w.t.Helper()
	token := secret.Token()
	step := w.now().UnixNano() // only has to grow
	check(w.t, w.store.OpenSession(context.Background(), staff.Session{
		Digest: hex.EncodeToString(secret.HashToken(token)), ID: id.New(), StaffID: m.ID,
		ExpiresAt: w.now().Add(signin.SessionLife).UnixMicro(),
	}, step))
	return token
}

func (w *world) as(role identity.Role) string {
	w.t.Helper()
	return w.session(w.member(role))
}

func principalOf(m staff.Member) identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Name: m.Alias, Role: m.Role, Session: id.New()}
}

// visitor is an anonymous customer with the secret of a window.
func (w *world) visitor() (identity.Principal, string, *customer.WindowSecret) {
	w.t.Helper()
	opened, err := w.windows.Hello(context.Background(), "", "")
	check(w.t, err)
	return opened.Principal, opened.NewSecret, opened.Visitor
}

// talk is a conversation in which a visitor has said something.
func (w *world) talk(text string) (conv string, who identity.Principal) {
	w.t.Helper()
	who, _, _ = w.visitor()
	return w.talkOf(who, text), who
}

func (w *world) talkOf(who identity.Principal, text string) string {
	w.t.Helper()
	state, err := w.intake.Start(context.Background(), who, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
	check(w.t, err)
	w.say(who, state.ID, text)
	return state.ID
}

func (w *world) say(who identity.Principal, conv, text string) int64 {
	w.t.Helper()
	answer := make(chan intake.Said, 1)
	check(w.t, w.intake.Send(context.Background(), who, intake.Message{ConversationID: conv, ClientID: id.New(), Text: text}, func(s intake.Said) { answer <- s }))
	said := <-answer
	check(w.t, said.Err)
	return said.Seq
}

// find puts a message into the search index at once, where the worker would
// wait for the guard's window.
func (w *world) find(p identity.Principal, conv string) {
	w.t.Helper()
	entries, _, err := w.store.Entries(context.Background(), p, conv, conversation.EntryRange{})
	check(w.t, err)
	var positions []int64
	for _, e := range entries {
		positions = append(positions, e.Pos)
	}
	entries, err = w.store.EntriesAt(context.Background(), identity.SystemPart("indexer"), positions) // who wrote them, too
	check(w.t, err)
	for _, e := range entries {
		check(w.t, w.index.Add(context.Background(), []searchindex.Doc{{Pos: e.Pos, Tokens: w.blind.Message(e.Content.Text, search.TraitsOf(&e), search.MaxTextTokens)}}, e.Pos))
	}
}

// file is a file that somebody has sent in a conversation.
func (w *world) file(who identity.Principal, conv string) string {
	w.t.Helper()
	kept, err := w.files.Upload(context.Background(), who, attaching.Incoming{Name: "proof.txt", Body: strings.NewReader("a receipt")})
	check(w.t, err)
	answer := make(chan intake.Said, 1)
	check(w.t, w.intake.Send(context.Background(), who, intake.Message{
		ConversationID: conv, ClientID: id.New(), AttachmentIDs: []string{kept.ID},
	}, func(s intake.Said) { answer <- s }))
	check(w.t, (<-answer).Err)
	return kept.ID
}

// call is a request to the API. The zero value of what is not set leaves it out.
type call struct {
	method, path, body string
	bearer             string
	header             map[string]string
	cookies            []string
	remote             string
	reader             io.Reader
}

type answer struct {
	status int
	header http.Header
	text   string
}

func (a answer) json(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.text), v); err != nil {
		t.Fatalf("%v in %q", err, a.text)
	}
}

func (w *world) do(c call) answer {
	w.t.Helper()
	body := c.reader
	if body == nil {
		body = strings.NewReader(c.body)
	}
	r := httptest.NewRequest(c.method, c.path, body)
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	for _, cookie := range c.cookies {
		r.Header.Add("Cookie", cookie)
	}
	if c.remote != "" {
		r.RemoteAddr = c.remote
	}
	recorder := httptest.NewRecorder()
	mux := http.NewServeMux()
	w.api.Mount(mux)
	mux.ServeHTTP(recorder, r)
	return answer{status: recorder.Code, header: recorder.Header(), text: recorder.Body.String()}
}

// must is do, with the status that has to come.
func (w *world) must(status int, c call) answer {
	w.t.Helper()
	a := w.do(c)
	if a.status != status {
		w.t.Fatalf("%s %s: status %d, want %d: %s\n%s", c.method, c.path, a.status, status, a.text, w.logs)
	}
	return a
}

// problem is must for errors, and looks at the form that all of them have.
func (w *world) problem(status int, code string, c call) answer {
	w.t.Helper()
	a := w.must(status, c)
	var p api.Problem
	a.json(w.t, &p)
	if p.Code != code || p.Status != status || p.Type != "about:blank" || a.header.Get("Content-Type") != "application/problem+json" {
		w.t.Errorf("%s %s: %s %s, want code %s", c.method, c.path, a.header.Get("Content-Type"), a.text, code)
	}
	if a.header.Get("Cache-Control") != "no-store" {
		w.t.Errorf("%s %s may be cached", c.method, c.path)
	}
	return a
}
