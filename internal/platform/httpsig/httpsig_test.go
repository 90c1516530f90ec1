package httpsig_test

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

func now() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

func key() httpsig.Key {
	return httpsig.Key{ID: "kefu-1", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

func request() httpsig.Request {
	return httpsig.Request{
		Method: "GET", Authority: "Wallet.example:8443", Path: "/v1/customers/c-1", Query: "limit=20&state=posted",
		Headers: []httpsig.Header{{Name: "kefu-actor", Value: `{"id":"a"}`}},
	}
}

// The example of RFC 9421, appendix B.2.5.
func TestTheExampleOfTheStandard(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
	if err != nil {
		t.Fatal(err)
	}
	covered := []httpsig.Header{{Name: "date", Value: "Tue, 20 Apr 2021 02:07:55 GMT"}, {Name: "@authority", Value: "example.com"}, {Name: "content-type", Value: "application/json"}}
	got := httpsig.MACOf(secret, covered, `("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`)
	if got != "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=" {
		t.Errorf("the signature is %s", got)
	}
}

func TestASignatureIsTakenOnceAndForItsRequest(t *testing.T) {
	v := httpsig.NewVerifier(10, key())
	signed := httpsig.Sign(request(), key(), now())
	if err := v.Verify(request(), signed, now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(request(), signed, now().Add(time.Minute)); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a signature was taken twice: %v", err)
	}
	for name, spoil := range map[string]func(*httpsig.Request, *httpsig.Signed){
		"another method":    func(r *httpsig.Request, _ *httpsig.Signed) { r.Method = "POST" },
		"another host":      func(r *httpsig.Request, _ *httpsig.Signed) { r.Authority = "other.example" },
		"another path":      func(r *httpsig.Request, _ *httpsig.Signed) { r.Path = "/v1/customers/c-2" },
		"another query":     func(r *httpsig.Request, _ *httpsig.Signed) { r.Query = "" },
		"another body":      func(r *httpsig.Request, _ *httpsig.Signed) { r.Body = []byte("x") },
		"another actor":     func(r *httpsig.Request, _ *httpsig.Signed) { r.Headers[0].Value = "{}" },
		"one header fewer":  func(r *httpsig.Request, _ *httpsig.Signed) { r.Headers = nil },
		"no signature":      func(_ *httpsig.Request, s *httpsig.Signed) { *s = httpsig.Signed{} },
		"another signature": func(_ *httpsig.Request, s *httpsig.Signed) { s.Signature = "kefu=:" + strings.Repeat("A", 43) + "=:" },
		"not base64":        func(_ *httpsig.Request, s *httpsig.Signed) { s.Signature = "kefu=:*:" },
		"another digest":    func(_ *httpsig.Request, s *httpsig.Signed) { s.ContentDigest = httpsig.Digest([]byte("y")) },
		"fewer components": func(_ *httpsig.Request, s *httpsig.Signed) {
			s.SignatureInput = strings.Replace(s.SignatureInput, ` "@query"`, "", 1)
		},
		"another algorithm": func(_ *httpsig.Request, s *httpsig.Signed) {
			s.SignatureInput = strings.Replace(s.SignatureInput, "hmac-sha256", "none", 1)
		},
		"another key's name": func(_ *httpsig.Request, s *httpsig.Signed) {
			s.SignatureInput = strings.Replace(s.SignatureInput, "kefu-1", "kefu-2", 1)
		},
		"a parameter too many": func(_ *httpsig.Request, s *httpsig.Signed) { s.SignatureInput += ";expires=1" },
		"another time": func(_ *httpsig.Request, s *httpsig.Signed) {
			s.SignatureInput = strings.Replace(s.SignatureInput, "created=1", "created=2", 1)
		},
		"a number with a plus": func(_ *httpsig.Request, s *httpsig.Signed) {
			s.SignatureInput = strings.Replace(s.SignatureInput, "created=", "created=+", 1)
		},
		"a very long header": func(_ *httpsig.Request, s *httpsig.Signed) { s.SignatureInput += strings.Repeat(" ", 2000) },
	} {
		r, s := request(), httpsig.Sign(request(), key(), now())
		spoil(&r, &s)
		if err := v.Verify(r, s, now()); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSignaturesOfAnotherTime(t *testing.T) {
	for _, off := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		v := httpsig.NewVerifier(10, key())
		if err := v.Verify(request(), httpsig.Sign(request(), key(), now()), now().Add(off)); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s later: %v", off, err)
		}
	}
	short := httpsig.Key{ID: "short", Secret: []byte("too short")}
	if err := httpsig.NewVerifier(10, short).Verify(request(), httpsig.Sign(request(), short, now()), now()); err == nil {
		t.Error("a short secret was taken")
	}
}

func TestNoncesAreBounded(t *testing.T) {
	v := httpsig.NewVerifier(3, key())
	for i := range 3 {
		if err := v.Verify(request(), httpsig.Sign(request(), key(), now()), now()); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := v.Verify(request(), httpsig.Sign(request(), key(), now()), now()); !fault.Is(err, fault.TooMany) {
		t.Errorf("a fourth nonce: %v", err)
	}
	later := now().Add(time.Hour)
	if err := v.Verify(request(), httpsig.Sign(request(), key(), later), later); err != nil {
		t.Errorf("old nonces were not forgotten: %v", err)
	}
}

// Each signature is judged by the keys of its time, and is not good again when its key is.
func TestKeysChange(t *testing.T) {
	next := httpsig.Key{ID: "kefu-2", Secret: []byte("fedcba9876543210fedcba9876543210")}
	keys := []httpsig.Key{key()}
	v := httpsig.NewVerifierOf(10, func() []httpsig.Key { return keys })
	taken := func(s httpsig.Signed) bool {
		err := v.Verify(request(), s, now())
		if err != nil && !fault.Is(err, fault.Unauthenticated) {
			t.Error(err)
		}
		return err == nil
	}
	first := httpsig.Sign(request(), key(), now())
	if !taken(first) || taken(httpsig.Sign(request(), next, now())) {
		t.Error("the first key alone was to count")
	}
	keys = []httpsig.Key{key(), next}
	if !taken(httpsig.Sign(request(), key(), now())) || !taken(httpsig.Sign(request(), next, now())) {
		t.Error("both keys were to count")
	}
	swapped := httpsig.Key{ID: key().ID, Secret: next.Secret}
	if taken(httpsig.Sign(request(), swapped, now())) {
		t.Error("one key counts under the name of the other")
	}
	keys = []httpsig.Key{next}
	if taken(httpsig.Sign(request(), key(), now())) || !taken(httpsig.Sign(request(), next, now())) {
		t.Error("the next key alone was to count")
	}
	if keys = []httpsig.Key{key(), next}; taken(first) {
		t.Error("a signature was taken twice")
	}
	if keys = nil; taken(httpsig.Sign(request(), next, now())) {
		t.Error("no key was to count")
	}
}

// Nothing is taken that was not signed with the key, which is another one in
// every process; nor what was signed, with something else put into it.
func FuzzVerify(f *testing.F) {
	mine := httpsig.Key{ID: "kefu-1", Secret: make([]byte, 32)}
	_, _ = rand.Read(mine.Secret)
	good := httpsig.Sign(request(), key(), now())
	f.Add(good.SignatureInput, good.Signature, uint16(9), uint16(3))
	f.Add(`kefu=("@method");created=1;keyid="";alg="hmac-sha256";nonce=""`, "kefu=::", uint16(0), uint16(200))
	f.Fuzz(func(t *testing.T, input, signature string, at, length uint16) {
		v := httpsig.NewVerifier(1, mine)
		if v.Verify(request(), httpsig.Signed{ContentDigest: httpsig.Digest(nil), SignatureInput: input, Signature: signature}, now()) == nil {
			t.Fatalf("%q %q was taken", input, signature)
		}
		signed := httpsig.Sign(request(), mine, now())
		was := signed
		signed.SignatureInput = splice(was.SignatureInput, input, at, length)
		if signed != was && v.Verify(request(), signed, now()) == nil {
			t.Fatalf("%q was signed, and %q taken", was.SignatureInput, signed.SignatureInput)
		}
	})
}

// splice puts something in the place of a stretch of s.
func splice(s, other string, at, length uint16) string {
	from := int(at) % (len(s) + 1)
	return s[:from] + other + s[min(len(s), from+int(length)):]
}
