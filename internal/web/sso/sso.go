// Package sso takes browsers to the operator's directory and back. What it was asked
// is kept in a cookie of this browser, sealed; whatever goes wrong leads to the
// sign-in page, which says it in words.
package sso

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"kefu/internal/domain/staff"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
	"kefu/internal/web/session"
)

// Desk signs staff in by way of the directory.
type Desk interface {
	BeginDirectory(ctx context.Context, from signin.From) (address, ticket string, err error)
	LinkDirectory(ctx context.Context, token string, from signin.From) (address, ticket string, err error)
	SignInByDirectory(ctx context.Context, r signin.DirectoryReturn) (signin.Session, error)
}

// Callback is where the directory sends browsers back to, below the public address.
const Callback = "/sso/callback"

// The pages of the desk to which somebody comes back.
const (
	in     = "/desk/"
	failed = "/desk/#directory="
)

// maxParameter bounds what an answer may hold of each thing, in bytes.
const maxParameter = 4 << 10

const timeout = 30 * time.Second // the directory is asked three times at most, 10 seconds each

// Handler is everything under /sso/.
type Handler struct {
	desk    Desk
	carrier *session.Carrier
	log     *slog.Logger
}

// New makes a Handler.
func New(desk Desk, carrier *session.Carrier, log *slog.Logger) *Handler {
	return &Handler{desk: desk, carrier: carrier, log: log}
}

// Mount puts it into a server's mux.
func (h *Handler) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /sso/start", h.start)
	mux.HandleFunc("GET /sso/link", h.link)
	mux.HandleFunc("GET "+Callback, h.back)
}

// from is where a request comes from.
func (h *Handler) from(r *http.Request) signin.From {
	peer := h.carrier.Peer(r)
	return signin.From{Address: session.Network(peer), Place: staff.Place{Device: session.Device(r), Network: session.Surroundings(peer)}}
}

func (h *Handler) start(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	address, ticket, err := h.desk.BeginDirectory(ctx, h.from(r))
	h.away(w, r, address, ticket, err)
}

// link is start for who is signed in and asks for it on our own page: no page of
// another host, ours or not, may have an account linked.
func (h *Handler) link(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	token, byCookie := h.carrier.Token(r)
	if site := r.Header.Get("Sec-Fetch-Site"); !byCookie || (site != "" && site != "same-origin") {
		h.lead(w, r, fault.New(fault.Invalid, "sso.link", "nobody is signed in, or another page leads here"))
		return
	}
	address, ticket, err := h.desk.LinkDirectory(ctx, token, h.from(r))
	if fault.Is(err, fault.Forbidden) { // the account page asks for the proof before
		err = fault.New(fault.Invalid, "sso.link", "the last proof is too old")
	}
	h.away(w, r, address, ticket, err)
}

func (h *Handler) away(w http.ResponseWriter, r *http.Request, address, ticket string, err error) {
	if err != nil {
		h.lead(w, r, err)
		return
	}
	http.SetCookie(w, h.trip(ticket, int(signin.RoundTripLife/time.Second)))
	h.redirect(w, r, address)
}

// trip is the cookie of one round trip. It is Lax, because the way back begins on
// the directory's page; it opens nothing by itself.
func (h *Handler) trip(value string, maxAge int) *http.Cookie {
	like := h.carrier.Cookie(value, time.Now())
	return &http.Cookie{
		Name: like.Name + "_sso", Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: like.Secure, SameSite: http.SameSiteLaxMode,
	}
}

func (h *Handler) back(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	name := h.trip("", -1).Name
	kept := r.CookiesNamed(name)
	http.SetCookie(w, h.trip("", -1)) // one answer for each question
	query := r.URL.Query()
	answer := signin.DirectoryReturn{From: h.from(r)}
	for parameter, to := range map[string]*string{"state": &answer.State, "code": &answer.Code, "iss": &answer.Issuer} {
		values := query[parameter]
		if len(values) > 1 || (len(values) == 1 && len(values[0]) > maxParameter) {
			h.lead(w, r, fault.New(fault.Unauthenticated, "sso.back", "the answer says %s twice, or too much", parameter))
			return
		}
		if len(values) == 1 {
			*to = values[0]
		}
	}
	if len(kept) != 1 { // none, or one of two was planted
		h.lead(w, r, fault.New(fault.Invalid, "sso.back", "this browser was not sent to the directory"))
		return
	}
	answer.Ticket = kept[0].Value
	opened, err := h.desk.SignInByDirectory(ctx, answer)
	if err != nil {
		h.lead(w, r, err)
		return
	}
	cookie := h.carrier.Cookie(opened.Token, opened.ExpiresAt)
	http.SetCookie(w, &cookie)
	h.redirect(w, r, in)
}

// lead leads back to the sign-in page, with what it should say. Its words tell a
// stranger nothing of who works here.
func (h *Handler) lead(w http.ResponseWriter, r *http.Request, err error) {
	why := "over"
	var limited *intake.LimitedError
	switch {
	case errors.As(err, &limited), fault.Is(err, fault.Unavailable):
		why = "unavailable"
	case fault.Is(err, fault.Unauthenticated):
		why = "refused"
	case fault.Is(err, fault.Conflict):
		why = "confirm"
	case fault.Is(err, fault.Forbidden):
		why = "waits"
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Invalid):
	default:
		h.log.Error("a sign-in by the directory failed", "error", err)
	}
	if fault.Is(err, fault.Unavailable) {
		h.log.Warn("the directory cannot be used", "error", err)
	}
	h.redirect(w, r, failed+why)
}

func (h *Handler) redirect(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
}
