package walletserver

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/strictjson"
)

// The headers that are signed beside what every signature covers.
const (
	ActorHeader = "Kefu-Actor"      // on whose behalf it is asked
	KeyHeader   = "Idempotency-Key" // of every POST
)

const (
	maxBody  = 64 << 10 // bytes of a request, but for files
	maxQuery = 4 << 10
	maxActor = 1 << 10
)

// asked is a request that was let in.
type asked struct {
	*http.Request
	by    wallet.Actor
	key   string // of a POST
	body  []byte
	query url.Values
}

// limitError says how large a request may be.
type limitError struct{ status int }

func (e limitError) Error() string { return "walletserver: the request is of a form that is not read" }

// ask serves a question. Names are the fields that its query may have: those with an
// exclamation mark behind them must be there, those with a star may be repeated.
func (s *Server) ask(mux *http.ServeMux, pattern string, answer func(asked) (any, error), names ...string) {
	s.served = append(s.served, Endpoint{http.MethodGet, pattern, names})
	s.serve(mux, "GET "+s.o.Prefix+pattern, answer, names)
}

// tell serves a POST.
func (s *Server) tell(mux *http.ServeMux, pattern string, answer func(asked) (any, error)) {
	s.served = append(s.served, Endpoint{http.MethodPost, pattern, nil})
	s.serve(mux, "POST "+s.o.Prefix+pattern, answer, nil)
}

// form is of what form the body of a request may be.
type form struct {
	most  int64
	types []string // media types of a POST
	size  int64    // that its address says; 0 where none does
}

func (f form) large() bool { return f.most > maxBody }

func (s *Server) serve(mux *http.ServeMux, pattern string, answer func(asked) (any, error), names []string) {
	s.serveForm(mux, pattern, answer, names, func(*http.Request) form { return form{most: maxBody, types: []string{"application/json"}} })
}

func (s *Server) serveForm(mux *http.ServeMux, pattern string, answer func(asked) (any, error), names []string, of func(*http.Request) form) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		f := of(r)
		p, err := s.expect(r, f)
		if err == nil && f.large() {
			select {
			case s.large <- struct{}{}:
				defer func() { <-s.large }() // the body is in memory until it is answered
			default:
				err = fault.New(fault.TooMany, "walletserver.serve", "too many large bodies at once")
			}
		}
		var a asked
		if err == nil {
			a, err = s.admit(w, r, f, p)
		}
		if err == nil {
			err = s.spend(w)
		}
		if err == nil {
			err = checkQuery(a.query, names)
		}
		var found any
		if err == nil {
			found, err = answer(a)
		}
		if limit, ok := err.(limitError); ok {
			// Who is refused while they send loses the answer with the connection, and would
			// take a file that is a little too large for a wallet that is away.
			if limit.status == http.StatusRequestEntityTooLarge {
				_, _ = io.CopyN(io.Discard, r.Body, 2*f.most)
			}
			code := map[int]string{http.StatusRequestEntityTooLarge: "too_large", http.StatusUnsupportedMediaType: "media_type", http.StatusNotFound: "no_such_endpoint"}[limit.status]
			problem(w, limit.status, code, "")
			return
		}
		if err != nil {
			s.refuse(w, err)
			return
		}
		s.write(w, found)
	})
}

// checkQuery refuses a field that is not known, is missing, or comes twice without a
// star behind its name.
func checkQuery(query url.Values, names []string) error {
	const op = "walletserver.checkQuery"
	for name, given := range query {
		once := len(given) == 1 && (slices.Contains(names, name) || slices.Contains(names, name+"!"))
		if !once && !slices.Contains(names, name+"*") {
			return fault.InvalidField(op, "query", "has an unknown field, or one twice")
		}
	}
	for _, name := range names {
		if needed, ok := strings.CutSuffix(name, "!"); ok && query.Get(needed) == "" {
			return fault.InvalidField(op, needed, "is missing")
		}
	}
	return nil
}

// promise is what a request says and has signed, before its body is read.
type promise struct {
	actor, key string
	covered    httpsig.Request
	signed     httpsig.Signed
}

// expect looks at all of a request but its body: nobody without the key has a body read,
// and nobody one that is not as long as they say.
func (s *Server) expect(r *http.Request, f form) (promise, error) {
	const op = "walletserver.expect"
	p := promise{actor: r.Header.Get(ActorHeader), key: r.Header.Get(KeyHeader)}
	if len(p.actor) > maxActor || len(r.Header.Values(ActorHeader)) != 1 {
		return p, fault.New(fault.Unauthenticated, op, "the actor is missing, comes twice or is too long")
	}
	if len(r.URL.RawQuery) > maxQuery {
		return p, fault.InvalidField(op, "query", "is too long")
	}
	headers := []httpsig.Header{{Name: "kefu-actor", Value: p.actor}}
	if r.Method == http.MethodPost {
		if len(r.Header.Values(KeyHeader)) != 1 || len(p.key) > wallet.MaxKey || !wallet.ValidID(p.key) {
			return p, fault.InvalidField(op, "idempotency-key", "is missing, comes twice or is no identifier")
		}
		headers = append(headers, httpsig.Header{Name: "idempotency-key", Value: p.key})
	}
	p.covered = httpsig.Request{Method: r.Method, Authority: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Headers: headers}
	p.signed = httpsig.Signed{
		ContentDigest: r.Header.Get("Content-Digest"), SignatureInput: r.Header.Get("Signature-Input"), Signature: r.Header.Get("Signature"),
	}
	if err := s.o.Verifier.Foresee(p.covered, p.signed, s.o.Clock()); err != nil {
		return p, err
	}
	switch {
	case r.ContentLength > f.most:
		return p, limitError{http.StatusRequestEntityTooLarge}
	case f.size > 0 && r.ContentLength >= 0 && r.ContentLength != f.size:
		return p, fault.InvalidField(op, "size", "is not that of the bytes")
	}
	return p, nil
}

// admit reads the body of a request, verifies that it is the one that was signed, and
// reads on whose behalf it is.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, f form, p promise) (asked, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, f.most))
	if err != nil {
		return asked{}, limitError{http.StatusRequestEntityTooLarge}
	}
	p.covered.Body = body
	if err := s.o.Verifier.Verify(p.covered, p.signed, s.o.Clock()); err != nil {
		return asked{}, err
	}
	return s.read(asked{Request: r, key: p.key, body: body}, p.actor, f)
}

// read reads what a request says that was signed.
func (s *Server) read(a asked, actor string, f form) (asked, error) {
	const op = "walletserver.read"
	if err := strictjson.Decode([]byte(actor), &a.by); err != nil || !wallet.ValidID(a.by.ID) || a.by.Purpose == "" {
		return asked{}, fault.InvalidField(op, "kefu-actor", "cannot be read")
	}
	if !slices.Contains([]string{"staff", "customer", "system"}, a.by.Kind) {
		return asked{}, fault.InvalidField(op, "kefu-actor", "is of an unknown kind")
	}
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch {
	case a.Method == http.MethodPost && !slices.Contains(f.types, kind):
		return asked{}, limitError{http.StatusUnsupportedMediaType}
	case a.Method != http.MethodPost && len(a.body) > 0:
		return asked{}, fault.InvalidField(op, "body", "belongs to no question")
	}
	var err error
	if a.query, err = url.ParseQuery(a.URL.RawQuery); err != nil {
		return asked{}, fault.InvalidField(op, "query", "cannot be read")
	}
	return a, nil
}

// spend counts a request, and tells in the headers of draft-ietf-httpapi-ratelimit-headers
// how many are left.
func (s *Server) spend(w http.ResponseWriter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock()
	if since := now.Sub(s.begun); since >= s.o.Window || since < 0 {
		s.begun, s.spent = now, 0
	}
	left := s.o.Requests - s.spent
	ends := int((s.begun.Add(s.o.Window).Sub(now) + time.Second - 1) / time.Second)
	w.Header().Set("RateLimit-Policy", fmt.Sprintf(`"all";q=%d;w=%d`, s.o.Requests, int(s.o.Window/time.Second)))
	if left <= 0 {
		w.Header().Set("RateLimit", fmt.Sprintf(`"all";r=0;t=%d`, ends))
		return fault.New(fault.TooMany, "walletserver.spend", "too many requests")
	}
	s.spent++
	w.Header().Set("RateLimit", fmt.Sprintf(`"all";r=%d;t=%d`, left-1, ends))
	return nil
}

// enter begins to deal with a key, and tells whether nobody else does.
func (s *Server) enter(key string) error {
	const op = "walletserver.enter"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight[key] {
		return fault.New(fault.Conflict, op, "the same key is being dealt with")
	}
	if len(s.inFlight) >= maxInFlight {
		return fault.New(fault.TooMany, op, "too much is being dealt with")
	}
	s.inFlight[key] = true
	return nil
}

func (s *Server) leave(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inFlight, key)
}
