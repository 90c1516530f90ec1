package passkey_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/passkey/passkeytest"
)

const home = "https://desk.example.org"

func party(t *testing.T, at string) *passkey.Party {
	t.Helper()
	p, err := passkey.New(at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mei() passkey.Owner {
	return passkey.Owner{Handle: "01j9zzzzzzzzzzzzzzzzzzzzzz", Account: "mei@example.org", Name: "Li Mei"}
}

// registered is a device with a key of mei.
func registered(t *testing.T, p *passkey.Party) (*passkeytest.Device, passkey.Owner) {
	t.Helper()
	owner, device := mei(), passkeytest.New(home)
	q, ceremony, err := p.AskForNew(owner)
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.TakeNew(owner, ceremony, device.Register(q))
	if err != nil {
		t.Fatal(err)
	}
	owner.Keys = []passkey.Key{key}
	return device, owner
}

func find(owner passkey.Owner) func(string) (passkey.Owner, error) {
	return func(handle string) (passkey.Owner, error) {
		if handle != owner.Handle {
			return passkey.Owner{}, fault.New(fault.NotFound, "test", "nobody")
		}
		return owner, nil
	}
}

func TestAKeyIsRegisteredAndUsed(t *testing.T) {
	p := party(t, home)
	device, owner := registered(t, p)
	if k := owner.Keys[0]; k.ID == "" || len(k.PublicKey) == 0 {
		t.Fatalf("%+v", k)
	}
	for range 2 {
		q, ceremony, err := p.Ask()
		if err != nil || q.Domain != "desk.example.org" || len(q.Challenge) < 22 {
			t.Fatalf("%+v, %v", q, err)
		}
		who, key, err := p.Take(ceremony, device.Sign(q, owner.Handle), find(owner))
		if err != nil || who.Handle != owner.Handle || key.SignCount <= owner.Keys[0].SignCount {
			t.Fatalf("%+v %+v %v", who, key, err)
		}
		owner.Keys[0] = key
	}
	q, _, err := p.AskForNew(owner)
	if err != nil || len(q.Exclude) != 1 || q.Exclude[0] != owner.Keys[0].ID {
		t.Errorf("a second key on the same device is not kept off: %+v %v", q, err)
	}
}

func TestForgedUsesAreRefused(t *testing.T) {
	p := party(t, home)
	device, owner := registered(t, p)
	q, ceremony, err := p.Ask()
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := p.Ask()
	if err != nil {
		t.Fatal(err)
	}
	good := device.Sign(q, owner.Handle)
	stranger := passkeytest.New(home)
	sq, sc, err := p.AskForNew(passkey.Owner{Handle: "02", Account: "x", Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.TakeNew(passkey.Owner{Handle: "02", Account: "x", Name: "x"}, sc, stranger.Register(sq)); err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*passkey.Answer)) passkey.Answer {
		a := good
		change(&a)
		return a
	}
	ahead := owner
	ahead.Keys = []passkey.Key{owner.Keys[0]}
	ahead.Keys[0].SignCount = 1000
	for name, try := range map[string]struct {
		ceremony passkey.Ceremony
		answer   passkey.Answer
		owner    passkey.Owner
	}{
		"another challenge":       {other, good, owner},
		"another's key":           {ceremony, stranger.Sign(q, owner.Handle), owner},
		"a handle of nobody":      {ceremony, device.Sign(q, "nobody"), owner},
		"a page of another site":  {ceremony, device.At("https://desk.example.org.evil.example").Sign(q, owner.Handle), owner},
		"a person not verified":   {ceremony, device.Unverified().Sign(q, owner.Handle), owner},
		"a signature changed":     {ceremony, changed(func(a *passkey.Answer) { a.Signature = flip(a.Signature) }), owner},
		"no signature":            {ceremony, changed(func(a *passkey.Answer) { a.Signature = "" }), owner},
		"no handle":               {ceremony, changed(func(a *passkey.Answer) { a.Handle = "" }), owner},
		"no key":                  {ceremony, changed(func(a *passkey.Answer) { a.ID = "" }), owner},
		"an endless answer":       {ceremony, changed(func(a *passkey.Answer) { a.ClientData = strings.Repeat("A", 1<<20) }), owner},
		"client data of creation": {ceremony, changed(func(a *passkey.Answer) { a.ClientData = retype(t, a.ClientData) }), owner},
		"a key that was copied":   {ceremony, good, ahead},
		"a key that was removed":  {ceremony, good, passkey.Owner{Handle: owner.Handle}},
	} {
		if _, _, err := p.Take(try.ceremony, try.answer, find(try.owner)); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := p.Take(ceremony, good, find(owner)); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestForgedRegistrationsAreRefused(t *testing.T) {
	p := party(t, home)
	owner := mei()
	q, ceremony, err := p.AskForNew(owner)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := p.AskForNew(owner)
	if err != nil {
		t.Fatal(err)
	}
	good := passkeytest.New(home).Register(q)
	for name, try := range map[string]struct {
		ceremony passkey.Ceremony
		answer   passkey.Answer
	}{
		"another challenge":      {other, good},
		"a page of another site": {ceremony, passkeytest.New("https://evil.example").Register(q)},
		"a person not verified":  {ceremony, passkeytest.New(home).Unverified().Register(q)},
		"nothing":                {ceremony, passkey.Answer{}},
		"no attestation":         {ceremony, passkey.Answer{ID: good.ID, ClientData: good.ClientData}},
	} {
		if _, err := p.TakeNew(owner, try.ceremony, try.answer); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAHomeMustBeAWebAddress(t *testing.T) {
	for _, at := range []string{"", "desk", "https://"} {
		if _, err := passkey.New(at); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", at, err)
		}
	}
	party(t, "http://localhost:8080")
}

func flip(text string) string {
	if text[5] == 'A' {
		return text[:5] + "B" + text[6:]
	}
	return text[:5] + "A" + text[6:]
}

func retype(t *testing.T, clientData string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(clientData)
	if err != nil {
		t.Fatal(err)
	}
	var data map[string]any
	if err := json.Unmarshal(raw, &data); err != nil {
		t.Fatal(err)
	}
	data["type"] = "webauthn.create"
	raw, err = json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// FuzzTake reads whatever a browser may bring.
func FuzzTake(f *testing.F) {
	p, err := passkey.New(home)
	if err != nil {
		f.Fatal(err)
	}
	_, ceremony, err := p.Ask()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"type":"webauthn.get"}`), []byte("data"), []byte("signature"))
	cred := passkeytest.Credential()
	f.Add([]byte(`{}`), cred.Key.AttestationData(), []byte{0x30, 0})
	f.Fuzz(func(t *testing.T, client, data, signature []byte) {
		e := base64.RawURLEncoding.EncodeToString
		a := passkey.Answer{ID: "AAAA", ClientData: e(client), AuthenticatorData: e(data), Signature: e(signature), Handle: "AAAA", Attestation: e(data)}
		if _, _, err := p.Take(ceremony, a, find(mei())); err == nil {
			t.Error("something invented was taken")
		}
		if _, err := p.TakeNew(mei(), ceremony, a); err == nil {
			t.Error("something invented was registered")
		}
	})
}
