package realtime_test

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/id"
	"kefu/internal/web/realtime"
)

// claims are those of a good token, which changes make a bad one.
func (h *house) claims(changes map[string]any) jwt.MapClaims {
	now := h.now()
	c := jwt.MapClaims{
		"iss": h.signer.Issuer, "aud": h.signer.Audience, "sub": "ann", "jti": id.New(),
		"iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(),
	}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func (h *house) sign(method jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
	h.t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = kid
	signed, err := token.SignedString(key)
	h.must(err)
	return signed
}

func TestTokensThatOpenNothing(t *testing.T) {
	h := open(t, choices{})
	good := func(changes map[string]any) string {
		return h.sign(jwt.SigningMethodEdDSA, h.signer.Key, "one", h.claims(changes))
	}
	public := h.signer.Key.Public().(ed25519.PublicKey)
	_, stolen, err := ed25519.GenerateKey(nil)
	h.must(err)
	rsaKey, err := rsa.GenerateKey(nil, 2048)
	h.must(err)
	now := h.now()
	parts := strings.Split(good(nil), ".")
	for name, token := range map[string]string{
		"alg none":             h.sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "one", h.claims(nil)),
		"the signature left":   parts[0] + "." + parts[1] + ".",
		"HS256 of public key":  h.sign(jwt.SigningMethodHS256, []byte(public), "one", h.claims(nil)),
		"HS256 by hand":        hs256(`{"alg":"HS256","kid":"one"}`, parts[1], public),
		"RS256":                h.sign(jwt.SigningMethodRS256, rsaKey, "one", h.claims(nil)),
		"a foreign kid":        h.sign(jwt.SigningMethodEdDSA, h.signer.Key, "two", h.claims(nil)),
		"a foreign key":        h.sign(jwt.SigningMethodEdDSA, stolen, "one", h.claims(nil)),
		"another audience":     good(map[string]any{"aud": "another service"}),
		"no audience":          good(map[string]any{"aud": nil}),
		"another issuer":       good(map[string]any{"iss": "https://evil.test"}),
		"expired":              good(map[string]any{"iat": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(-time.Second).Unix()}),
		"not yet":              good(map[string]any{"nbf": now.Add(5 * time.Minute).Unix()}),
		"issued in the future": good(map[string]any{"iat": now.Add(5 * time.Minute).Unix(), "exp": now.Add(7 * time.Minute).Unix()}),
		"too long a life":      good(map[string]any{"exp": now.Add(11 * time.Minute).Unix()}),
		"no end":               good(map[string]any{"exp": nil}),
		"no jti":               good(map[string]any{"jti": nil}),
		"no subject":           good(map[string]any{"sub": ""}),
		"other claims":         parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"bob"}`)) + "." + parts[2],
		"nonsense":             "nonsense",
		"much":                 strings.Repeat("a", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			w := h.dial(nil)
			w.refused(frame{"t": "hello", "v": 1, "role": "window", "token": token}, "unauthenticated")
			w.gone("")
			w, _ = h.window("")
			w.refused(frame{"t": "identify", "token": token}, "unauthenticated")
			w.start() // it is a visitor's window as before
		})
	}
	token := good(nil)
	w := h.dial(nil)
	w.hello(frame{"role": "window", "token": token})
	again := h.dial(nil)
	again.refused(frame{"t": "hello", "v": 1, "role": "window", "token": token}, "unauthenticated")
	if log := h.log.String(); strings.Contains(log, "ey") {
		t.Errorf("the log holds %s", log)
	}
}

func hs256(header, claims string, key []byte) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + claims
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestAVisitorComesBackByTheSecret(t *testing.T) {
	h := open(t, choices{})
	first, welcome := h.window("")
	if welcome.text("visitor") == "" || welcome["anonymous"] != true {
		t.Fatalf("welcomed with %v", welcome)
	}
	early := h.dial(nil) // nothing is stored for a visitor who has said nothing
	if got := early.hello(frame{"role": "window", "visitor": welcome.text("visitor")}); got.text("customer") != welcome.text("customer") || got["visitor"] != nil {
		t.Errorf("welcomed with %v", got)
	}
	conv := first.start()
	first.send(conv, "hello")
	first.cut()
	back := h.dial(nil)
	again := back.hello(frame{"role": "window", "visitor": welcome.text("visitor")})
	lines, _ := again["conversations"].([]any)
	if again.text("customer") != welcome.text("customer") || again["visitor"] != nil || len(lines) != 1 {
		t.Fatalf("welcomed with %v", again)
	}
	if line := frame(lines[0].(map[string]any)); line.text("conv") != conv || line.number("last_seq") != 1 || line.number("unread") != 0 || line.text("status") != "open" {
		t.Errorf("the list is %v", line)
	}
	for name, secret := range map[string]string{
		"made up": strings.Repeat("A", 54), "of another length": "AAAA", "its session": again.text("session"), "its name": again.text("customer"),
		"changed": flip(welcome.text("visitor")),
	} {
		t.Run(name, func(t *testing.T) {
			if got := h.dial(nil).hello(frame{"role": "window", "visitor": secret}); got.text("customer") == welcome.text("customer") || got["visitor"] == nil {
				t.Errorf("welcomed with %v", got)
			}
		})
	}
}

func flip(s string) string {
	b := []byte(s)
	b[3] ^= 1
	return string(b)
}

func TestVisitorsCanBeKeptOut(t *testing.T) {
	secret := ""
	t.Run("with", func(t *testing.T) {
		h := open(t, choices{})
		_, welcome := h.window("")
		secret = welcome.text("visitor")
	})
	h := open(t, choices{windows: func(o *signin.WindowOptions) { o.Anonymous = false }})
	for _, f := range []frame{{}, {"visitor": secret}, {"visitor": "x"}} {
		f["t"], f["v"], f["role"] = "hello", 1, "window"
		w := h.dial(nil)
		w.refused(f, "unauthenticated")
		w.gone("")
	}
	_, welcome := h.window("ann")
	back := h.dial(nil)
	if got := back.hello(frame{"role": "window", "visitor": welcome.text("visitor")}); got.text("customer") != welcome.text("customer") {
		t.Errorf("a customer's own secret gave %v", got)
	}
}

func TestACustomerReconnectsByTheSecretOfTheSession(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	if welcome["anonymous"] != false || welcome.text("visitor") == "" {
		t.Errorf("welcomed with %v", welcome)
	}
	conv := window.start()
	other, otherWelcome := h.window("ann")
	if otherWelcome.text("customer") != welcome.text("customer") || otherWelcome.text("visitor") == welcome.text("visitor") {
		t.Errorf("the second device was welcomed with %v", otherWelcome)
	}
	other.send(conv, "from the other device")
	if got := window.next("event"); got.text("conv") != conv {
		t.Errorf("the first device was told %v", got)
	}
}

// TestAVisitorWhoSignsIn follows a visitor with two windows on one device and one
// on another into the wallet.
func TestAVisitorWhoSignsIn(t *testing.T) {
	for _, by := range []string{"identify", "hello"} {
		t.Run(by, func(t *testing.T) {
			engines(t, func(t *testing.T, dsn string) { testSignIn(t, by, dsn) })
		})
	}
}

func testSignIn(t *testing.T, by, dsn string) {
	h := open(t, choices{dsn: dsn})
	window, welcome := h.window("")
	secret := welcome.text("visitor")
	old := window.start()
	window.send(old, "an hour ago")
	h.ahead.Add(int64(time.Hour))
	window.rest()
	conv := window.start()
	window.send(conv, "a moment ago")
	second := h.dial(nil)
	second.hello(frame{"role": "window", "visitor": secret})
	agent := h.deskOf(h.colleague(identity.Agent))
	agent.say(frame{"t": "watch", "conv": conv})
	agent.rest()

	token := h.walletToken("ann")
	now := window
	var again frame
	if by == "identify" {
		window.say(frame{"t": "identify", "token": token})
		again = window.next("welcome")
	} else {
		now = h.dial(nil)
		again = now.hello(frame{"role": "window", "token": token, "visitor": secret})
		window.gone("revoked")
	}
	within(t, "ending the visitor's other window", func() { second.gone("revoked") })
	if again["anonymous"] != false || again.text("customer") == welcome.text("customer") || again.text("visitor") == "" ||
		again.text("visitor") == secret || again.text("session") == welcome.text("session") {
		t.Errorf("welcomed with %v", again)
	}
	if lines := lineIDs(again); !slices.Equal(lines, []string{conv}) {
		t.Errorf("the customer has %v, want only %s", lines, conv)
	}
	if got := agent.next("event"); got.text("kind") != "identified" {
		t.Errorf("the desk was told %v", got)
	}
	now.send(conv, "I am Ann")
	agent.next("event")
	now.refused(message(old, "mine?"), "not_found")
	agent.send(conv, "Hello Ann")
	if got := now.next("event"); got.text("kind") != "message" {
		t.Errorf("the window was told %v", got)
	}
	// What did not go along stays with the visitor, whose secret opens that and no more.
	back := h.dial(nil)
	if got := back.hello(frame{"role": "window", "visitor": secret}); got.text("customer") != welcome.text("customer") || !slices.Equal(lineIDs(got), []string{old}) {
		t.Errorf("the visitor was welcomed with %v, want only %s", got, old)
	}
	back.refused(frame{"t": "fetch", "conv": conv, "after_seq": 0}, "not_found")
	late := h.dial(nil)
	late.say(frame{"t": "hello", "v": 1, "role": "window", "visitor": secret, "resume": []frame{{"conv": conv, "last_seq": 0}}})
	late.next("welcome")
	if got := late.rest(); len(got) != 0 {
		t.Errorf("the visitor resumed %v", got)
	}
	h.must(h.store.RevokeCustomer(context.Background(), identity.SystemPart("test"), again.text("customer")))
	now.gone("revoked")
}

func lineIDs(welcome frame) []string {
	lines, _ := welcome["conversations"].([]any)
	var ids []string
	for _, l := range lines {
		ids = append(ids, l.(map[string]any)["conv"].(string))
	}
	return ids
}

func TestAFailedIdentifyChangesNothing(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("")
	conv := window.start()
	window.refused(frame{"t": "identify", "token": "x"}, "unauthenticated")
	window.send(conv, "still me")
	h.fill([]string{conv}, 1, "hello")
	if got := window.next("event"); got.text("conv") != conv {
		t.Errorf("told %v", got)
	}
	h.must(h.store.RevokeCustomer(context.Background(), identity.SystemPart("test"), welcome.text("customer")))
	window.gone("revoked")
}

// TestWelcomeTellsWhatTheProtocolSays compares the fields of welcome with those
// of docs/protocol.md.
func TestWelcomeTellsWhatTheProtocolSays(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	window.start()
	_, welcome := h.window("ann")
	checkFields(t, welcome, "t session server_time limits customer anonymous visitor conversations")
	checkFields(t, welcome["limits"].(map[string]any), "frame_bytes text_chars messages_per_10s attachment_bytes")
	checkFields(t, welcome["conversations"].([]any)[0].(map[string]any), "conv status last_seq read_seq unread last_activity")
	desk := h.dial(nil)
	atDesk := desk.hello(frame{"role": "desk", "token": h.colleague(identity.Agent).token})
	checkFields(t, atDesk, "t session server_time limits staff")
	checkFields(t, atDesk["staff"].(map[string]any), "id name role")
}

func checkFields(t *testing.T, got map[string]any, want string) {
	t.Helper()
	var names []string
	for name := range got {
		names = append(names, name)
	}
	slices.Sort(names)
	wanted := strings.Fields(want)
	slices.Sort(wanted)
	if !slices.Equal(names, wanted) {
		text, _ := json.Marshal(got)
		t.Errorf("fields %v, want %v: %s", names, wanted, text)
	}
}

// Signing in ends the secret of a visitor who has begun a conversation. That of one
// who has not is stored nowhere, and opens a visit without anything in it.
func TestWhatASignInLeavesOfTheVisitorsSecret(t *testing.T) {
	h := open(t, choices{})
	for name, begins := range map[string]bool{"who has begun a conversation": true, "who has not": false} {
		t.Run(name, func(t *testing.T) {
			visit, welcome := h.window("")
			if begins {
				visit.send(visit.start(), "hello")
			}
			visitor := welcome.text("visitor")
			h.dial(nil).hello(frame{"role": "window", "visitor": visitor, "token": h.walletToken("ann")})
			again := h.dial(nil).hello(frame{"role": "window", "visitor": visitor})
			if same := again.text("customer") == welcome.text("customer"); same == begins || again["anonymous"] != true || again["conversations"] != nil {
				t.Errorf("the secret opens %v", again)
			}
		})
	}
}

// who notes as whom conversations are begun.
type who struct {
	realtime.Intake
	level chan identity.Level
}

// Start implements realtime.Intake.
func (i who) Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error) {
	i.level <- p.Level
	return i.Intake.Start(ctx, p, start)
}

// An open socket goes on at the lowest level when what its token proved is out of
// date.
func TestTheLevelOfAnOpenSocketFalls(t *testing.T) {
	levels := make(chan identity.Level, 100)
	h := open(t, choices{deps: func(d *realtime.Deps) { d.Intake = who{d.Intake, levels} }})
	token, err := h.signer.Sign(identity.Claims{Subject: "ann", Level: identity.AL2}, h.now())
	h.must(err)
	window := h.dial(nil)
	window.hello(frame{"role": "window", "token": token})
	if window.start(); <-levels != identity.AL2 {
		t.Fatal("it does not begin at the level of the token")
	}
	for range 22 {
		h.later(30 * time.Second)
		window.rest()
	}
	eventually(t, "the lowest level", func() bool { window.start(); return <-levels == identity.AL1 })
}

// Signing out ends this window on the server, wherever it is shown, and no other.
func TestAWindowSignsOut(t *testing.T) {
	h := open(t, choices{})
	here, welcome := h.window("ann")
	conv := here.start()
	there, other := h.window("ann")
	signOut := func(secret string, extra http.Header) int {
		status, _, _ := h.request("POST", "/rt/signout", secret, nil, extra)
		return status
	}
	if got := signOut(welcome.text("visitor"), http.Header{"Origin": {"https://evil.test"}}); got != http.StatusForbidden {
		t.Errorf("a foreign page is answered %d", got)
	}
	for _, secret := range []string{"", "nonsense", welcome.text("session"), welcome.text("customer")} {
		if got := signOut(secret, nil); got != http.StatusNoContent {
			t.Errorf("a secret that is none is answered %d", got)
		}
	}
	here.send(conv, "still here")
	if got := signOut(welcome.text("visitor"), nil); got != http.StatusNoContent {
		t.Fatalf("answered %d", got)
	}
	here.gone("revoked")
	if got := h.dial(nil).hello(frame{"role": "window", "visitor": welcome.text("visitor")}); got["anonymous"] != true {
		t.Errorf("the secret still opens %v", got)
	}
	there.send(conv, "the other device goes on")
	if got := h.dial(nil).hello(frame{"role": "window", "visitor": other.text("visitor")}); got["anonymous"] != false {
		t.Errorf("the other device is %v", got)
	}
}
