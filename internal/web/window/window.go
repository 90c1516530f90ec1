// Package window serves what the operator has chosen for the window and every
// visitor may know before they are let in: the forms, in the visitor's language; and
// to a signed-in customer the transactions that they may write about; and to each
// customer the older ones of their conversations. The window's own files are package
// pages', what is said in a conversation package realtime's.
package window

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/platform/clock"
)

// Forms gives the forms in use, in a language.
type Forms interface {
	Shown(ctx context.Context, lang string) []form.Shown
	// Greeting is the window's first line in a language; "" for its own words.
	Greeting(lang string) string
	// Version changes with whatever Shown depends on.
	Version(ctx context.Context) string
}

// Deps are what the handlers work with.
type Deps struct {
	Forms  Forms
	Wallet Transactions
	// Conversations are those that a window lists beyond the newest.
	Conversations Conversations
	Ask           Ask
	Clock         clock.Clock
	// Visitors tells whether somebody may ask who has not signed in to the wallet.
	Visitors bool
}

// Mount puts the handlers on the mux of the window's host.
func Mount(mux *http.ServeMux, d Deps) {
	mux.HandleFunc("GET /rt/forms", d.forms)
	mux.HandleFunc("GET /rt/wallet/transactions", d.transactions)
	mux.HandleFunc("GET /rt/conversations", d.conversations)
}

// forms serves GET /rt/forms?lang=: nothing in it is anyone's.
func (d Deps) forms(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get("lang")
	if lang == "" || conversation.CheckLanguage("lang", lang) != nil {
		lang = "en"
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	tag := fmt.Sprintf(`"%s-%s-%t"`, d.Forms.Version(r.Context()), lang, d.Visitors)
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, err := json.Marshal(struct {
		Forms    []form.Shown `json:"forms"`
		Greeting string       `json:"greeting,omitempty"`
		Visitors bool         `json:"visitors,omitempty"`
	}{d.Forms.Shown(r.Context(), lang), d.Forms.Greeting(lang), d.Visitors})
	if err != nil { // strings and numbers always marshal
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}
