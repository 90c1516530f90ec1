package app

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
	"kefu/internal/web/demowallet"
)

// The demo wallet's names in its tokens.
const (
	demoIssuer   = "https://wallet.demo"
	demoAudience = "kefu-demo"
	demoFile     = "demo.json"
	demoKeys     = "demo-issuer.jwks.json"
	demoKeyID    = "demo-1"
	// demoWalletHost is a literal address, so that the wallet's page is of another
	// site than Kefu's on localhost, as a real wallet's is.
	demoWalletHost = "127.0.0.1"
	// demoWalletName is the same place under a name of its own, which passkeys need:
	// browsers take what ends in .localhost for this machine (RFC 6761 section 6.3).
	demoWalletName = "wallet.localhost"
)

// DemoStaff is a member of staff of the demo, with everything to sign in.
type DemoStaff struct {
	Role       string `json:"role"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	Password   string `json:"password"`
	TOTPSecret string `json:"totp_secret"`
}

// DemoIssuer is the demo wallet as a signer of identity tokens.
type DemoIssuer struct {
	KID        string `json:"kid"`
	PrivateKey string `json:"private_key"` // PKCS #8 in PEM
	Issuer     string `json:"iss"`
	Audience   string `json:"aud"`
}

// Demo is DIR/demo.json: who exists in the demo, so that a person or a test can
// sign in as anyone. It holds secrets, of a demonstration only.
type Demo struct {
	Staff     []DemoStaff           `json:"staff"`
	Customers []demowallet.Customer `json:"customers"`
	Issuer    DemoIssuer            `json:"issuer"`
	URLs      map[string]string     `json:"urls"`

	Bare bool `json:"-"` // without conversations of the past
	// CoolingOff is for how many days its wallet lets customers take a closure back; 0: as
	// the wallet is delivered.
	CoolingOff int `json:"-"`
}

// PrepareDemo makes the demo's identities in an empty data folder, or reads them,
// and completes the configuration with them.
func PrepareDemo(c *config.Config) (*Demo, bool, error) {
	const op = "app.PrepareDemo"
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, false, fault.New(fault.Invalid, op, "listen %q is not host:port", c.Listen)
	}
	number, err := strconv.Atoi(port)
	if err != nil || number < 1 || number > 65534 {
		return nil, false, fault.New(fault.Invalid, op, "the demo needs a port from 1 to 65534, not %q", port)
	}
	if os.Getenv("KEFU_PUBLIC_URL") == "" {
		c.PublicURL = "http://localhost:" + port
	}
	wallet := "http://" + net.JoinHostPort(demoWalletHost, strconv.Itoa(number+1))
	named := "http://" + net.JoinHostPort(demoWalletName, strconv.Itoa(number+1))
	c.Origins.Embed = append(c.Origins.Embed, wallet, named)
	c.Identity.Audience = demoAudience
	c.Cases.Jurisdiction = cmp.Or(c.Cases.Jurisdiction, "eu") // where its wallet is at home
	c.Webhooks.Private = true                                 // whoever tries webhooks in a demo has a receiver on this machine
	c.Identity.Issuers = []config.Issuer{{Issuer: demoIssuer, JWKSFile: filepath.Join(c.Data, demoKeys), Algorithms: []string{"EdDSA"}}}
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" {
		return nil, false, fault.New(fault.Invalid, op, "public_url %q is no web address", c.PublicURL)
	}
	o := originsOf(public, c.Origins)
	d, fresh, err := readDemo(c.Data)
	if err != nil {
		return nil, false, err
	}
	if err := prepareDemoWallet(c, wallet, named); err != nil {
		return nil, false, err
	}
	d.URLs = map[string]string{
		"desk": o.desk() + "/desk/", "api": o.desk() + "/v1", "wallet": wallet + "/", "wallet_named": named + "/", "widget": o.frame() + "/frame", "files": o.attachment(),
	}
	return d, fresh, nil
}

func readDemo(dir string) (*Demo, bool, error) {
	const op = "app.readDemo"
	var d Demo
	text, err := os.ReadFile(filepath.Join(dir, demoFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		fresh, err := newDemo(dir)
		return fresh, true, err
	case err != nil:
		return nil, false, fault.Wrap(op, err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, false, fault.New(fault.Invalid, op, "%s is damaged: %v; remove the demo's folder to begin anew", demoFile, err)
	}
	return &d, false, nil
}

func newDemo(dir string) (*Demo, error) {
	const op = "app.newDemo"
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	d := &Demo{Issuer: DemoIssuer{KID: demoKeyID, Issuer: demoIssuer, Audience: demoAudience,
		PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))}}
	d.Customers = demoCustomers()
	for _, s := range demoStaff() {
		s.Password = "demo-" + secret.Token()[:16]
		d.Staff = append(d.Staff, s)
	}
	signer := identity.Signer{Issuer: demoIssuer, Audience: demoAudience, KeyID: demoKeyID, Key: private}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return d, fault.Wrap(op, os.WriteFile(filepath.Join(dir, demoKeys), signer.KeySetJSON(), 0o600))
}

func demoStaff() []DemoStaff {
	return []DemoStaff{
		{Role: "owner", Name: "Olivia Grant", Email: "olivia@kefu.demo"},
		{Role: "admin", Name: "Adam Novak", Email: "adam@kefu.demo"},
		{Role: "supervisor", Name: "Sofia Rossi", Email: "sofia@kefu.demo"},
		{Role: "agent", Name: "Mei Chen", Email: "mei@kefu.demo"},
		{Role: "agent", Name: "Ben Carter", Email: "ben@kefu.demo"},
		{Role: "auditor", Name: "Ingrid Larsen", Email: "ingrid@kefu.demo"},
	}
}

func demoCustomers() []demowallet.Customer {
	return []demowallet.Customer{
		{ID: "cust-anna", Name: "Anna Schmidt", Language: "en", Story: map[string]string{"en": "Her transfer to her landlord has not arrived.", "zh": "她转给房东的钱还没有到账。"}},
		{ID: "cust-james", Name: "James Okafor", Language: "en", Story: map[string]string{"en": "A payment in a shop was taken twice. And of his crypto, something was sent and does not arrive, and a deposit never came.", "zh": "一笔店内付款被扣了两次。另外，他转出的一笔加密货币没有到账，还有一笔充值一直没有入账。"}},
		{ID: "cust-li", Name: "李静", Language: "zh", Story: map[string]string{"en": "She asked for a refund three days ago, and the money has not come.", "zh": "申请退款三天了，钱还没有到账。"}},
		{ID: "cust-wang", Name: "王强", Language: "zh", Story: map[string]string{"en": "There is a charge in his account that he does not know.", "zh": "账户里有一笔自己不认识的扣款。"}},
		{ID: "cust-sara", Name: "Sara Haddad", Language: "en", Story: map[string]string{"en": "Her phone was stolen an hour ago.", "zh": "她的手机一小时前被偷了。"}},
		{ID: "cust-nora", Name: "Nora Lindqvist", Language: "en", Story: map[string]string{"en": "She has not used the wallet for days, and wants to close her account.", "zh": "她已有几天没有使用钱包，想注销账户。"}},
	}
}

// SeedDemo adds those of the demo's staff to a running store who are not in it
// yet, and writes demo.json. It may be interrupted at any time: demo.json is there
// before anybody is added, and who is in the store and has no secret in it is reset.
// With fresh, demo.json was missing. Errors: Conflict when the store holds a demo
// all the same.
func (a *App) SeedDemo(ctx context.Context, d *Demo, fresh bool) error {
	const op = "app.SeedDemo"
	if fresh {
		for _, s := range d.Staff {
			_, err := a.Store.StaffByEmail(ctx, identity.SystemPart("demo"), s.Email)
			if err == nil {
				return fault.New(fault.Conflict, op, "the database holds a demo already, but %s is missing from the data folder", demoFile)
			}
			if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
	}
	if err := WriteDemo(a.Config.Data, d); err != nil {
		return err
	}
	for i := range d.Staff {
		if d.Staff[i].TOTPSecret != "" {
			continue
		}
		if err := a.seedMember(ctx, &d.Staff[i]); err != nil {
			return err
		}
		if err := WriteDemo(a.Config.Data, d); err != nil {
			return err
		}
	}
	return a.seedDuties(ctx)
}

func (a *App) seedMember(ctx context.Context, s *DemoStaff) error {
	by := identity.SystemPart("demo")
	enrolled, err := a.Desk.Enrol(ctx, by, signin.NewMember{
		Email: s.Email, Name: s.Name, Alias: firstName(s.Name), Password: s.Password, Role: identity.Role(s.Role),
	})
	if err == nil {
		s.TOTPSecret = enrolled.TOTP.Secret
	}
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	member, err := a.Store.StaffByEmail(ctx, by, s.Email) // added by a start that was interrupted
	if err != nil {
		return err
	}
	totp, err := a.Desk.Reset(ctx, by, member, s.Password)
	s.TOTPSecret = totp.Secret
	return err
}

// WriteDemo writes demo.json, whole or not at all.
func WriteDemo(dir string, d *Demo) error {
	const op = "app.WriteDemo"
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fault.Wrap(op, err)
	}
	temporary := filepath.Join(dir, demoFile+".new")
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, os.Rename(temporary, filepath.Join(dir, demoFile)))
}

func firstName(name string) string {
	for i, r := range name {
		if r == ' ' {
			return name[:i]
		}
	}
	return name
}
