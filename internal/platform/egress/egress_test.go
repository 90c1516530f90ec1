package egress_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
)

func TestPublicAddresses(t *testing.T) {
	for _, text := range []string{"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "198.17.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"} {
		if !egress.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is refused", text)
		}
	}
	for _, text := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.168.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1",
		"2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2606:4700::1111%eth0",
	} {
		if egress.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is allowed", text)
		}
	}
	if egress.Public(netip.Addr{}) {
		t.Error("no address at all is allowed")
	}
}

// server is a TLS server for the name example.com, and what a client needs to
// reach it by that name.
func server(t *testing.T, handler http.HandlerFunc) (address string, o egress.Options, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	o = egress.Options{Roots: roots, Private: true, Lookup: to("127.0.0.1")}
	return "https://example.com:" + port, o, asked
}

// to resolves every name to the same addresses.
func to(addresses ...string) egress.Lookup {
	return func(context.Context, string) ([]netip.Addr, error) {
		var found []netip.Addr
		for _, a := range addresses {
			found = append(found, netip.MustParseAddr(a))
		}
		return found, nil
	}
}

func TestAnAnswer(t *testing.T) {
	address, o, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		if r.URL.Path != "/keys" || r.URL.RawQuery != "v=1" || !strings.HasPrefix(r.Host, "example.com:") || r.Header.Get("Accept-Encoding") != "" {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte("hello"))
	})
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // is not asked
	got, err := egress.New(o).Get(t.Context(), address+"/keys?v=1")
	if err != nil || string(got.Body) != "hello" || got.Header.Get("Cache-Control") != "max-age=60" {
		t.Errorf("got %q %v, err = %v", got.Body, got.Header, err)
	}
}

// Whatever the answer says is given, and a redirect is not followed.
func TestWhatIsSentAndAnyAnswer(t *testing.T) {
	address, o, asked := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || string(body) != `{"a":1}` || r.Header.Get("X-Name") != "value" || r.Header.Get("User-Agent") != "kefu" || r.ContentLength != 7 {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
		_, _ = w.Write([]byte("moved"))
	})
	got, err := egress.New(o).Do(t.Context(), egress.Request{
		Method: http.MethodPost, Address: address + "/hooks", Body: []byte(`{"a":1}`),
		Header: http.Header{"X-Name": {"value"}, "User-Agent": {"another"}},
	})
	if err != nil || got.Status != http.StatusTemporaryRedirect || string(got.Body) != "moved" || asked.Load() != 1 {
		t.Errorf("got %d %q after %d requests, err = %v", got.Status, got.Body, asked.Load(), err)
	}
	if _, err := egress.New(o).Do(t.Context(), egress.Request{Method: "NO METHOD", Address: address}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a method that is none: %v", err)
	}
}

// Wherever a name leads that is not public, nothing is even connected to.
func TestInsideIsRefused(t *testing.T) {
	for _, a := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254", "0.0.0.0"} {
		address, o, asked := server(t, func(http.ResponseWriter, *http.Request) {})
		o.Private = false
		for name, lookup := range map[string]egress.Lookup{"alone": to(a), "among others": to("8.8.8.8", a), "first": to(a, "8.8.8.8")} {
			o.Lookup = lookup
			if _, err := egress.New(o).Get(t.Context(), address); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s %s: err = %v", a, name, err)
			}
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := egress.New(o).Get(t.Context(), "https://"+net.JoinHostPort(a, u.Port())); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s as the host: err = %v", a, err)
		}
		if asked.Load() != 0 {
			t.Errorf("%s: the server was asked", a)
		}
	}
	address, o, _ := server(t, func(http.ResponseWriter, *http.Request) {})
	for _, a := range []string{"169.254.169.254", "fe80::1", "0.0.0.0", "100.100.100.200", "224.0.0.1"} {
		o.Lookup = to(a) // also where private addresses are allowed
		if _, err := egress.New(o).Get(t.Context(), address); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s with private addresses allowed: err = %v", a, err)
		}
	}
}

// A name that is public when it is looked at and private a moment later finds the
// connection going to the address that was looked at.
func TestANameIsResolvedOnce(t *testing.T) {
	address, o, asked := server(t, func(http.ResponseWriter, *http.Request) {})
	o.Private = false
	looks := 0
	o.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		if looks++; looks > 1 {
			return to("127.0.0.1")(ctx, host)
		}
		return to("192.0.2.1")(ctx, host) // refused; a public one would leave this machine
	}
	if _, err := egress.New(o).Get(t.Context(), address); !fault.Is(err, fault.Invalid) || looks != 1 || asked.Load() != 0 {
		t.Errorf("err = %v after %d looks, asked %d times", err, looks, asked.Load())
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	big := strings.Repeat("x", 100)
	cases := map[string]struct {
		handler http.HandlerFunc
		want    fault.Code
	}{
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/inside" {
				_, _ = w.Write([]byte("secret"))
				return
			}
			http.Redirect(w, r, "/inside", http.StatusFound)
		}, fault.Unavailable},
		"not found":   {http.NotFound, fault.Unavailable},
		"an error":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, fault.Unavailable},
		"no content":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, fault.Unavailable},
		"just enough": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(big[:64])) }, ""},
		"too much":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(big[:65])) }, fault.TooMany},
		"a long header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 64<<10))
		}, fault.Unavailable},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "50")
			_, _ = w.Write([]byte("x"))
			panic(http.ErrAbortHandler)
		}, fault.Unavailable},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(big)); err != nil {
					return
				}
			}
		}, fault.TooMany},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, o, asked := server(t, c.handler)
			o.MaxBytes = 64
			got, err := egress.New(o).Get(t.Context(), address+"/token-in-the-path")
			if fault.CodeOf(err) != c.want || (err != nil && len(got.Body) > 0) || asked.Load() != 1 {
				t.Errorf("got %q, err = %v, want %q, asked %d times", got.Body, err, c.want, asked.Load())
			}
			if err != nil && strings.Contains(err.Error(), "token-in-the-path") {
				t.Errorf("the error tells the path: %v", err)
			}
		})
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	address, o, _ := server(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	defer close(release)
	o.Timeout = 30 * time.Millisecond
	if _, err := egress.New(o).Get(t.Context(), address); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := egress.New(o).Get(ended, address); !fault.Is(err, fault.Unavailable) {
		t.Errorf("err = %v", err)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	address, o, asked := server(t, func(http.ResponseWriter, *http.Request) {})
	other := strings.Replace(address, "example.com", "another.test", 1)
	if _, err := egress.New(o).Get(t.Context(), other); !fault.Is(err, fault.Unavailable) {
		t.Errorf("another name: err = %v", err)
	}
	o.Roots = x509.NewCertPool()
	if _, err := egress.New(o).Get(t.Context(), address); !fault.Is(err, fault.Unavailable) {
		t.Errorf("an unknown signer: err = %v", err)
	}
	if asked.Load() != 0 {
		t.Error("the server was asked")
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	client := egress.New(egress.Options{Private: true, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		t.Error("a name was resolved")
		return nil, nil
	}})
	for _, address := range []string{
		"", "example.com", "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https://", "https:///x", "https:example.com",
		"https://user@example.com/", "https://user:pass@example.com/", "https://example.com/#x", "https://example.com:port/", "https://exa mple.com/", "//example.com", "https://[::1",
	} {
		if _, err := client.Get(t.Context(), address); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: err = %v", address, err)
		}
	}
}

func TestNamesWithoutUsableAddresses(t *testing.T) {
	address, o, _ := server(t, func(http.ResponseWriter, *http.Request) {})
	many := make([]string, 33)
	for i := range many {
		many[i] = "127.0.0.1"
	}
	cases := map[string]struct {
		lookup egress.Lookup
		want   fault.Code
	}{
		"none":     {to(), fault.Unavailable},
		"too many": {to(many...), fault.Invalid},
		"unknown":  {func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsNotFound: true} }, fault.Unavailable},
		"one dead": {to("127.0.0.2", "127.0.0.1"), ""},
	}
	for name, c := range cases {
		o.Lookup = c.lookup
		if _, err := egress.New(o).Get(t.Context(), address); fault.CodeOf(err) != c.want {
			t.Errorf("%s: err = %v, want %q", name, err, c.want)
		}
	}
}

// A command that has reached another server is not sent again by the transport, which
// would do so by itself on a connection that was used before: it takes a request with an
// idempotency key for one that may be repeated.
func TestNothingIsSentTwiceByItself(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var came, connections atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					came.Add(1)
					if r.URL.Path == "/closes" {
						return // it was read whole, and nobody answers
					}
					fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")
				}
			}()
		}
	}()
	defer listener.Close()
	client := egress.New(egress.Options{Timeout: 10 * time.Second, MaxBytes: 1000, Private: true})
	address := "http://" + listener.Addr().String()
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		for range 3 { // so that a connection that could be used again is there
			if _, err := client.Do(context.Background(), egress.Request{Method: method, Address: address + "/answers", Body: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
		}
		came.Store(0)
		connections.Store(0)
		_, err := client.Do(context.Background(), egress.Request{
			Method: method, Address: address + "/closes", Header: http.Header{"Idempotency-Key": {"k"}}, Body: []byte(`{"amount":"1.00"}`),
		})
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", method, err)
		}
		if came.Load() != 1 || connections.Load() != 1 {
			t.Errorf("%s came %d times on %d new connections", method, came.Load(), connections.Load())
		}
	}
}
