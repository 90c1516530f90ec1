package realtime_test

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/lxzan/gws"
	"go.uber.org/goleak"

	"kefu/internal/connector/blob"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/password"
	"kefu/internal/platform/secret"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
	"kefu/internal/web/realtime"
	"kefu/internal/web/session"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"))
}

// house is a whole server, on the real store.
type house struct {
	t       testing.TB
	url     string
	server  *realtime.Server
	store   *storage.Store
	ring    *keyring.Ring
	windows *signin.Windows
	desk    *signin.Desk
	intake  *intake.Service
	files   *attaching.Service
	signer  identity.Signer
	log     *logBook
	dir     string
	dsn     string
	ahead   atomic.Int64 // how far the clock was moved, nanoseconds
}

type choices struct {
	dsn     string
	options func(*realtime.Options)
	deps    func(*realtime.Deps)
	windows func(*signin.WindowOptions)
	limits  func(*intake.Limits)
	files   func(*attaching.Options)
	web     func(*http.Server)
}

const (
	origin       = "https://desk.kefu.test"
	widgetOrigin = "https://widget.desk.kefu.test"
)

// detector is made once: it is large and never changes.
var detector = sync.OnceValues(guard.New)

func open(t testing.TB, c choices) *house {
	t.Helper()
	h := &house{t: t, log: &logBook{}, dir: t.TempDir(), dsn: c.dsn}
	_, key, err := ed25519.GenerateKey(nil)
	h.must(err)
	h.signer = identity.Signer{Issuer: "https://wallet.test", Audience: "kefu", KeyID: "one", Key: key}
	h.ring, err = keyring.Open(h.dir+"/keys", secret.GenerateMaster(), keyring.Options{})
	h.must(err)
	h.store = h.openStore()
	h.flows(c)
	carrier, err := session.New(session.Options{PublicURL: origin, TrustedProxies: []string{"127.0.0.1"}})
	h.must(err)
	options := realtime.Options{
		Origins: []string{origin, widgetOrigin}, SessionCookie: carrier.CookieName(), DeskOrigin: origin, AttachmentBytes: 1 << 20, Peer: carrier.Peer,
		MessagesPer10s: func(identity.Kind) int { return 40 },
		FileURL:        func(token string) string { return "https://files.kefu.test/" + token },
	}
	if c.options != nil {
		c.options(&options)
	}
	deps := realtime.Deps{
		Intake: h.intake, Store: h.store, Windows: h.windows, Desk: h.desk, Files: h.files, Clock: h.now, Log: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	if c.deps != nil {
		c.deps(&deps)
	}
	h.server = realtime.New(deps, options)
	h.store.Listen(h.server.Committed)
	mux := http.NewServeMux()
	h.server.Mount(mux)
	web := httptest.NewUnstartedServer(mux)
	if c.web != nil {
		c.web(web.Config)
	}
	web.Start()
	h.url = web.URL
	h.run(h.store.Run, func() { h.must(h.store.Close()); h.must(h.ring.Close()) })
	h.run(h.server.Run, web.Close)
	return h
}

// run runs a part until the test ends, the last one started ending first.
func (h *house) run(part func(context.Context) error, after func()) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- part(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-ended; !fault.Is(err, fault.Unavailable) { // stopped before it had begun
			h.must(err)
		}
		after()
	})
}

func (h *house) openStore() *storage.Store {
	h.t.Helper()
	if h.dsn == "" {
		storagetest.Migrated(h.t, h.dir)
	}
	s, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: h.dir, Database: h.dsn, Ring: h.ring, Clock: h.now})
	h.must(err)
	return s
}

func (h *house) flows(c choices) {
	h.t.Helper()
	finder, err := detector()
	h.must(err)
	limits := intake.LimitsOf(config.Default().Limits, config.Default().Attachments)
	limits.Senders = 1000
	if c.limits != nil {
		c.limits(&limits)
	}
	h.intake = intake.New(h.store, finder, limits, h.now, nil)
	keys, err := identity.ParseKeySet(h.signer.KeySetJSON())
	h.must(err)
	verifier, err := identity.NewVerifier([]identity.Issuer{{Name: h.signer.Issuer, Audience: h.signer.Audience, Keys: keys}}, h.now)
	h.must(err)
	windows := signin.WindowOptionsOf(config.Default().Identity)
	if c.windows != nil {
		c.windows(&windows)
	}
	quiet := slog.New(slog.DiscardHandler)
	h.windows = signin.NewWindows(h.store, signin.NewIssuers(verifier, nil, h.now, quiet), h.ring.Subkey("visitor secrets"), windows, h.now, h.intake.Name, quiet)
	h.desk = signin.NewDesk(h.store, password.NewHasher(1), signin.DeskLimitsOf(config.Default().Limits), h.now, slog.New(slog.DiscardHandler))
	local, err := blob.OpenLocal(h.dir+"/blobs", h.now)
	h.must(err)
	h.t.Cleanup(func() { h.must(local.Close()) })
	options := attaching.OptionsOf(config.Default().Attachments, config.Default().Limits)
	options.LinkKey = h.ring.Subkey("attachment links")[:32]
	options.Limits.MaxBytes = 1 << 20
	if c.files != nil {
		c.files(&options)
	}
	h.files, err = attaching.New(attaching.Deps{Store: h.store, Keys: h.ring, Blobs: blobs{local}, Clean: h.intake.Clean, Clock: h.now, Log: quiet}, options)
	h.must(err)
}

// blobs is the local store as attaching wants it.
type blobs struct{ *blob.Local }

// Open implements attaching.Blobs.
func (b blobs) Open(ctx context.Context, id string, key keyring.Key) (attaching.Content, error) {
	return b.Local.Open(ctx, id, key)
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) now() time.Time { return time.Now().UTC().Add(time.Duration(h.ahead.Load())) }

// later moves the clock and lets the server look over its connections.
func (h *house) later(d time.Duration) {
	h.ahead.Add(int64(d))
	h.server.Sweep(context.Background())
}

// logBook is the server's log. Nothing that people wrote may ever be in it.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// postgres makes a database of its own on the server that KEFU_TEST_POSTGRES
// names. CI fails without it, elsewhere the test is skipped.
func postgres(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("KEFU_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("KEFU_TEST_POSTGRES is not set: CI needs PostgreSQL")
		}
		t.Skip("KEFU_TEST_POSTGRES is not set")
	}
	name := "kefu_" + id.New()
	execute := func(statement string) {
		admin, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close()
		if _, err := admin.ExecContext(context.Background(), statement); err != nil {
			t.Error(err)
		}
	}
	execute("CREATE DATABASE " + name)
	t.Cleanup(func() { execute("DROP DATABASE " + name + " WITH (FORCE)") })
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// engines runs a test on both engines.
func engines(t *testing.T, run func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { run(t, "") })
	t.Run("postgres", func(t *testing.T) { run(t, postgres(t)) })
}

// colleague is a member of staff with an open session.
type colleague struct {
	identity.Principal
	token string
}

func (h *house) colleague(role identity.Role) colleague {
	h.t.Helper()
	c := colleague{token: secret.Token()}
	c.Principal = identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: role, Session: id.New()}
	member := staff.Member{ID: c.ID, Email: c.ID + "@kefu.test", Name: "Li Mei", Alias: c.Name, Role: role}
	h.must(h.store.AddStaff(context.Background(), identity.SystemPart("test"), staff.New{Member: member, TOTPSecret: "none"}))
	h.must(h.store.OpenSession(context.Background(), staff.Session{
		Digest: hex.EncodeToString(secret.HashToken(c.token)), ID: c.Session, StaffID: c.ID,
		ExpiresAt: h.now().Add(signin.SessionLife).UnixMicro(),
	}, 1))
	return c
}

// walletToken is what a wallet signs for a customer.
func (h *house) walletToken(subject string) string {
	h.t.Helper()
	token, err := h.signer.Sign(identity.Claims{Subject: subject, Name: "Ann"}, h.now())
	h.must(err)
	return token
}

// frame is a server frame.
type frame map[string]any

func (f frame) text(name string) string { s, _ := f[name].(string); return s }

func (f frame) number(name string) int64 { n, _ := f[name].(float64); return int64(n) }

// wire is a client that speaks frames and nothing else.
type wire struct {
	gws.BuiltinEventHandler
	h      *house
	conn   *gws.Conn
	frames chan frame
	ended  chan struct{}
	end    error
	hold   chan struct{} // while it is open, nothing is read
	pinged chan struct{}
	mute   atomic.Bool // answers no ping
}

// patience bounds every wait of a test for something that must happen.
const patience = 30 * time.Second

func (h *house) dial(header http.Header) *wire {
	h.t.Helper()
	w, response, err := h.tryDial(header)
	if err != nil {
		h.t.Fatalf("no connection: %v (%v)", err, response)
	}
	return w
}

func (h *house) tryDial(header http.Header) (*wire, *http.Response, error) {
	if header == nil {
		header = http.Header{}
	}
	header.Set("Sec-WebSocket-Protocol", "kefu.v1")
	w := &wire{h: h, frames: make(chan frame, 4096), ended: make(chan struct{}), pinged: make(chan struct{}, 1)}
	conn, response, err := gws.NewClient(w, &gws.ClientOption{Addr: "ws" + strings.TrimPrefix(h.url, "http") + "/rt", RequestHeader: header})
	if err != nil {
		return nil, response, err
	}
	w.conn = conn
	go conn.ReadLoop()
	h.t.Cleanup(func() { w.cut(); <-w.ended })
	return w, response, nil
}

// OnMessage implements gws.Event.
func (w *wire) OnMessage(_ *gws.Conn, message *gws.Message) {
	defer message.Close()
	if w.hold != nil {
		<-w.hold
	}
	for line := range strings.SplitSeq(string(message.Bytes()), "\n") {
		var f frame
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			w.h.t.Errorf("the server sent %q", line)
			continue
		}
		w.frames <- f
	}
}

// OnPing implements gws.Event.
func (w *wire) OnPing(conn *gws.Conn, payload []byte) {
	if w.mute.Load() {
		return
	}
	_ = conn.WritePong(payload)
	select {
	case w.pinged <- struct{}{}:
	default:
	}
}

// OnClose implements gws.Event.
func (w *wire) OnClose(_ *gws.Conn, err error) { w.end = err; close(w.ended) }

func (w *wire) cut() { _ = w.conn.NetConn().Close() }

func (w *wire) raw(opcode gws.Opcode, data []byte) {
	w.h.t.Helper()
	if err := w.conn.WriteMessage(opcode, data); err != nil {
		w.h.t.Fatalf("writing: %v", err)
	}
}

// say sends a frame.
func (w *wire) say(f frame) {
	w.h.t.Helper()
	data, err := json.Marshal(f)
	w.h.must(err)
	w.raw(gws.OpcodeText, data)
}

// next gives the next frame of any of the types, passing over others.
func (w *wire) next(types ...string) frame {
	w.h.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case f := <-w.frames:
			for _, t := range types {
				if f.text("t") == t {
					return f
				}
			}
		case <-w.ended:
			if len(w.frames) > 0 {
				continue
			}
			w.h.t.Fatalf("the connection ended before %v came: %v", types, w.end)
		case <-limit:
			w.h.t.Fatalf("%v never came", types)
		}
	}
}

// rest gives all that has come and all that the server had to say before it
// answers a ping.
func (w *wire) rest() []frame {
	w.h.t.Helper()
	w.say(frame{"t": "ping"})
	return w.before("pong")
}

// before gives all that comes before a frame of a type.
func (w *wire) before(last string) []frame {
	w.h.t.Helper()
	var all []frame
	for {
		f := w.next("welcome", "started", "stored", "event", "missed", "resync", "receipt", "typing", "inbox", "changed", "run", "act", "error", "closing", "pong")
		if f.text("t") == last {
			return all
		}
		all = append(all, f)
	}
}

// refused wants a frame to be answered by an error of a code.
func (w *wire) refused(f frame, code string) frame {
	w.h.t.Helper()
	w.say(f)
	got := w.next("error")
	if got.text("code") != code {
		w.h.t.Errorf("%v was answered %v, want %s", f, got, code)
	}
	return got
}

// gone wants the connection to end, with a closing frame of a reason unless the
// reason is empty.
func (w *wire) gone(reason string) {
	w.h.t.Helper()
	if reason != "" {
		if got := w.next("closing").text("reason"); got != reason {
			w.h.t.Errorf("closing because of %q, want %q", got, reason)
		}
	}
	select {
	case <-w.ended:
	case <-time.After(patience):
		w.h.t.Error("the connection is still open")
	}
}

// hello opens a connection and gives its welcome.
func (w *wire) hello(f frame) frame {
	w.h.t.Helper()
	f["t"], f["v"] = "hello", 1
	w.say(f)
	return w.next("welcome")
}

// window opens a window of a customer; "" is a visitor.
func (h *house) window(subject string) (*wire, frame) {
	h.t.Helper()
	w := h.dial(nil)
	f := frame{"role": "window"}
	if subject != "" {
		f["token"] = h.walletToken(subject)
	}
	return w, w.hello(f)
}

func (h *house) deskOf(c colleague) *wire {
	h.t.Helper()
	w := h.dial(nil)
	w.hello(frame{"role": "desk", "token": c.token})
	return w
}

// start begins a conversation.
func (w *wire) start() string {
	w.h.t.Helper()
	w.say(frame{"t": "start", "ref": uuid.NewString()})
	return w.next("started").text("conv")
}

// message is a send frame.
func message(conv, text string) frame {
	return frame{"t": "send", "conv": conv, "client_msg_id": uuid.Must(uuid.NewV7()).String(), "body": frame{"type": "text", "text": text}}
}

// send says something and waits until it is stored.
func (w *wire) send(conv, text string) int64 {
	w.h.t.Helper()
	w.say(message(conv, text))
	return w.next("stored").number("seq")
}
