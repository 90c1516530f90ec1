package privacyapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/web/privacyapi"
)

// copies are those of c1, for one request of theirs.
type copies struct {
	did  []string
	fail error // of what is fetched, once it was begun
	late bool  // nothing is begun before it fails
}

func (c *copies) Ticket(_ context.Context, p identity.Principal, caseID, language string) (string, time.Time, error) {
	switch {
	case p.Kind != identity.Customer || p.ID != "c1" || caseID != "k-1":
		return "", time.Time{}, fault.New(fault.NotFound, "test", "none of %s", "planted subject")
	case p.Level < identity.AL2:
		return "", time.Time{}, &fault.Error{Code: fault.Forbidden, Op: "test", Reason: privacy.ReasonProof, Message: "no proof"}
	}
	c.did = append(c.did, "ticket "+language)
	return "tok/1", time.UnixMicro(77), nil
}

func (c *copies) Fetch(_ context.Context, token string, begin func() io.Writer) error {
	if token != "tok/1" {
		return fault.New(fault.NotFound, "test", "none")
	}
	if c.late {
		return c.fail
	}
	_, err := io.WriteString(begin(), "a copy")
	if c.fail != nil {
		return c.fail
	}
	c.did = append(c.did, "fetched")
	return err
}

// serve asks the window's side as p; ended says that the session of the window is over.
func serve(c *copies, p identity.Principal, ended bool) func(method, path, body string) (string, error) {
	mux := http.NewServeMux()
	var refused error
	privacyapi.Mount(mux, c, "https://files.example", func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
		if refused = fault.New(fault.Unauthenticated, "test", "no session"); ended {
			return
		}
		var found any
		if found, refused = answer(r.Context(), p); refused == nil {
			_ = json.NewEncoder(w).Encode(found)
		}
	})
	return func(method, path, body string) (string, error) {
		w := httptest.NewRecorder()
		refused = nil
		mux.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		text, _ := io.ReadAll(w.Body)
		if refused == nil && w.Code != http.StatusOK {
			refused = fault.New(fault.NotFound, "test", "%d", w.Code)
		}
		return string(text), refused
	}
}

func of(kind identity.Kind, id string, level identity.Level) identity.Principal {
	p := identity.Principal{Kind: kind, ID: id, Level: level}
	if kind == identity.Staff {
		p.Role = identity.Owner
	}
	return p
}

const at = "/rt/cases/k-1/copy"

// Who may have the address of a copy, and who may not, whatever else they are.
func TestWhoGetsTheAddressOfACopy(t *testing.T) {
	for name, x := range map[string]struct {
		p            identity.Principal
		ended        bool
		method, path string
		body         string
		want         fault.Code
	}{
		"its customer, proven":        {of(identity.Customer, "c1", identity.AL2), false, "POST", at, `{"lang":"zh"}`, ""},
		"its customer, not proven":    {of(identity.Customer, "c1", identity.AL1), false, "POST", at, `{"lang":"zh"}`, fault.Forbidden},
		"another customer":            {of(identity.Customer, "c2", identity.AL3), false, "POST", at, `{"lang":"zh"}`, fault.NotFound},
		"of another request":          {of(identity.Customer, "c1", identity.AL3), false, "POST", "/rt/cases/k-2/copy", `{"lang":"zh"}`, fault.NotFound},
		"a visitor of the same id":    {of(identity.Visitor, "c1", identity.AL3), false, "POST", at, `{"lang":"zh"}`, fault.NotFound},
		"an owner of the house":       {of(identity.Staff, "c1", identity.AL3), false, "POST", at, `{"lang":"zh"}`, fault.NotFound},
		"a program":                   {of(identity.Program, "c1", identity.AL3), false, "POST", at, `{"lang":"zh"}`, fault.NotFound},
		"nobody":                      {identity.Principal{}, false, "POST", at, `{"lang":"zh"}`, fault.NotFound},
		"whose window has ended":      {of(identity.Customer, "c1", identity.AL3), true, "POST", at, `{"lang":"zh"}`, fault.Unauthenticated},
		"by an address in a page":     {of(identity.Customer, "c1", identity.AL3), false, "GET", at, "", fault.NotFound},
		"with an unknown field":       {of(identity.Customer, "c1", identity.AL3), false, "POST", at, `{"lang":"zh","customer":"c2"}`, fault.Invalid},
		"with the same field twice":   {of(identity.Customer, "c1", identity.AL3), false, "POST", at, `{"lang":"zh","lang":"en"}`, fault.Invalid},
		"with a body that is too big": {of(identity.Customer, "c1", identity.AL3), false, "POST", at, `{"lang":"` + strings.Repeat("z", 2<<10) + `"}`, fault.Invalid},
		"with no body":                {of(identity.Customer, "c1", identity.AL3), false, "POST", at, "", fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			c := &copies{}
			text, err := serve(c, x.p, x.ended)(x.method, x.path, x.body)
			if x.want == "" {
				if err != nil || !strings.Contains(text, `"url":"https://files.example/copy/tok%2F1"`) || !strings.Contains(text, `"expires_at":77`) || len(c.did) != 1 || c.did[0] != "ticket zh" {
					t.Errorf("%q %v %v", text, err, c.did)
				}
				return
			}
			if !fault.Is(err, x.want) || len(c.did) > 0 || strings.Contains(text, "copy/") {
				t.Errorf("%q %v %v", text, err, c.did)
			}
		})
	}
}

// A copy is saved and shown by no browser; what there is not says nothing, and one that
// breaks off is no copy.
func TestTheAddressOfACopy(t *testing.T) {
	fetch := func(c *copies, method, path string) (w *httptest.ResponseRecorder, broke any) {
		mux := http.NewServeMux()
		privacyapi.MountFiles(mux, c)
		w = httptest.NewRecorder()
		defer func() { broke = recover() }()
		mux.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
		return w, nil
	}
	w, _ := fetch(&copies{}, "GET", "/copy/tok%2F1")
	h := w.Header()
	if w.Code != 200 || w.Body.String() != "a copy" || h.Get("Content-Type") != "application/zip" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Cache-Control") != "no-store" ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %q %v", w.Code, w.Body, h)
	}
	for name, x := range map[string]struct {
		c            *copies
		method, path string
		status       int
	}{
		"another token": {&copies{}, "GET", "/copy/x", 404}, "none": {&copies{}, "GET", "/copy/", 404}, "posted": {&copies{}, "POST", "/copy/tok%2F1", 405},
		"while others are written": {&copies{late: true, fail: fault.New(fault.TooMany, "test", "busy")}, "GET", "/copy/tok%2F1", 429},
		"of a store that is away":  {&copies{late: true, fail: fault.New(fault.Unavailable, "test", "planted words")}, "GET", "/copy/tok%2F1", 503},
	} {
		if w, _ := fetch(x.c, x.method, x.path); w.Code != x.status || strings.Contains(w.Body.String(), "planted") || len(x.c.did) > 0 {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
	}
	if _, broke := fetch(&copies{fail: fault.New(fault.Internal, "test", "in the middle")}, "GET", "/copy/tok%2F1"); broke != http.ErrAbortHandler {
		t.Errorf("half a copy ends like a whole one: %v", broke)
	}
}
