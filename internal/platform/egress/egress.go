// Package egress is the one way by which Kefu asks other servers over HTTP. A
// name is resolved first, every address it has is checked, and the connection
// goes to a checked address, so that no answer of a name server and no redirect
// leads into the operator's own network. It knows nothing of what is asked.
package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"kefu/internal/platform/fault"
)

// Options of a Client. The zero value is for production.
type Options struct {
	Timeout  time.Duration // of a whole request, its answer included; default 10 s
	MaxBytes int64         // of an answer's body; default 1 MiB
	// Unread lets answers be longer: their bodies are not read, and do not matter.
	Unread bool
	// Private lets requests go to private and loopback addresses too: for tests,
	// and for a wallet inside the operator's network; to loopback over plain http as
	// well. Link-local addresses, where clouds keep their metadata, stay refused.
	Private bool
	Roots   *x509.CertPool // who may sign certificates; nil: whom the system trusts
	Lookup  Lookup         // how names are resolved; nil: as the system does
}

// Lookup resolves a host name to addresses.
type Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// maxHeaderBytes bounds the header of an answer.
const maxHeaderBytes = 32 << 10

// Client asks other servers over https. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	options Options
}

// New makes a Client.
func New(o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 20
	}
	if o.Lookup == nil {
		o.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	c := &Client{options: o}
	c.http = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve the name once more
			DialContext:            c.dial,
			TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true, // each request is checked anew; and none is sent again by itself, as on a connection that was used before
			DisableCompression:     true, // what was sent is what is counted
			MaxResponseHeaderBytes: maxHeaderBytes,
			ForceAttemptHTTP2:      true,
		},
	}
	return c
}

// Response is an answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Request is what is asked of another server.
type Request struct {
	Method  string // GET when it is empty
	Address string
	Header  http.Header // beside User-Agent; may be nil
	Body    []byte
}

// Get asks for an address and takes no answer but a 200. Errors: those of Do, and
// Unavailable for every other status, redirects included.
func (c *Client) Get(ctx context.Context, address string) (Response, error) {
	const op = "egress.Get"
	answer, err := c.Do(ctx, Request{Address: address})
	if err != nil {
		return Response{}, fault.Wrap(op, err)
	}
	if answer.Status != http.StatusOK {
		return Response{}, fault.New(fault.Unavailable, op, "%s answered with the status %d", hostOf(address), answer.Status)
	}
	return answer, nil
}

// Do asks an https address, or what Options.Private allows, and gives the answer
// whatever its status; a redirect is an answer and is not followed. Errors: Invalid
// for an address that is none or leads where it must not; TooMany for an answer that
// is too large; Unavailable when there is no answer. Their texts hold the host and
// neither path nor query.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	const op = "egress.Do"
	u, err := checkURL(r.Address, c.options.Private)
	if err != nil {
		return Response{}, fault.Wrap(op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return Response{}, fault.New(fault.Invalid, op, "the address cannot be asked")
	}
	request.GetBody = nil // what was sent cannot be sent again by itself, whatever the protocol allows
	for name, values := range r.Header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "kefu")
	answer, err := c.http.Do(request)
	if err != nil {
		return Response{}, failure(op, u.Host, err)
	}
	defer answer.Body.Close()
	if c.options.Unread {
		return Response{Status: answer.StatusCode, Header: answer.Header}, nil
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, c.options.MaxBytes+1))
	if err != nil {
		return Response{}, failure(op, u.Host, err)
	}
	if int64(len(body)) > c.options.MaxBytes {
		return Response{}, fault.New(fault.TooMany, op, "%s answered with more than %d bytes", u.Host, c.options.MaxBytes)
	}
	return Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// failure keeps the path of an address, which may hold a secret, out of the text.
func failure(op, host string, err error) error {
	var own *fault.Error
	if errors.As(err, &own) {
		return &fault.Error{Code: own.Code, Op: op, Message: host, Err: own}
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return &fault.Error{Code: fault.Unavailable, Op: op, Message: host + " could not be asked", Err: err}
}

// CheckURL refuses an address that is not https, or names no host, a user or a
// fragment. Errors: Invalid.
func CheckURL(address string) (*url.URL, error) { return checkURL(address, false) }

func checkURL(address string, private bool) (*url.URL, error) {
	const op = "egress.CheckURL"
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fault.New(fault.Invalid, op, "the address is none")
	case u.Scheme != "https" && !(private && u.Scheme == "http" && isLoopback(u.Hostname())):
		return nil, fault.New(fault.Invalid, op, "the address does not begin with https://")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, fault.New(fault.Invalid, op, "the address names no host")
	case u.User != nil:
		return nil, fault.New(fault.Invalid, op, "the address names a user")
	case u.Fragment != "":
		return nil, fault.New(fault.Invalid, op, "the address has a fragment")
	default:
		return u, nil
	}
}

// isLoopback tells names of this machine, on the way to which nobody listens.
func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && a.Unmap().IsLoopback())
}

// dial connects to the first checked address that answers. One address that is
// not allowed refuses all: a name that leads inside as well is no accident.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	const op = "egress.dial"
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	addresses, err := c.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		if isLoopback(host) && !a.Unmap().IsLoopback() {
			return nil, fault.New(fault.Invalid, op, "%s leads to %s, which is not this machine", host, a)
		}
		if !c.allowed(a) {
			return nil, fault.New(fault.Invalid, op, "%s leads to %s, which is not on the public internet", host, a)
		}
	}
	var dialer net.Dialer
	failed := fault.New(fault.Unavailable, op, "%s has no address", host)
	for _, a := range addresses {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

// maxAddresses bounds how many addresses of a name are looked at.
const maxAddresses = 32

func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	const op = "egress.resolve"
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	found, err := c.options.Lookup(ctx, host)
	if err != nil {
		return nil, &fault.Error{Code: fault.Unavailable, Op: op, Message: host + " could not be resolved", Err: err}
	}
	if len(found) > maxAddresses {
		return nil, fault.New(fault.Invalid, op, "%s has more than %d addresses", host, maxAddresses)
	}
	return found, nil
}

func (c *Client) allowed(a netip.Addr) bool {
	if Public(a) {
		return true
	}
	a = a.Unmap()
	return c.options.Private && a.Zone() == "" && (a.IsLoopback() || a.IsPrivate())
}

// RoundTrip implements http.RoundTripper, so that a library that asks by itself
// does so under the bounds of Do: its answers are read whole before it sees them.
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	const op = "egress.RoundTrip"
	var body []byte
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, c.options.MaxBytes)); err != nil {
			return nil, fault.Wrap(op, err)
		}
	}
	got, err := c.Do(r.Context(), Request{Method: r.Method, Address: r.URL.String(), Header: r.Header, Body: body})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(got.Status), StatusCode: got.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: got.Header, Body: io.NopCloser(bytes.NewReader(got.Body)), ContentLength: int64(len(got.Body)), Request: r,
	}, nil
}
