package insiderapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/platform/fault"
)

// Looks tells a customer who looked at their data.
type Looks interface {
	OwnLooks(ctx context.Context, p identity.Principal, before int64, limit int) (insider.LookPage, error)
}

// Ask answers whoever holds the session of an open connection, or refuses.
type Ask func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error))

// Window is what the window's address works with.
type Window struct {
	Store Looks
	Ask   Ask
}

// Mount puts it on the mux of the window's host.
func Mount(mux *http.ServeMux, w Window) {
	mux.HandleFunc("GET /rt/looks", func(out http.ResponseWriter, r *http.Request) {
		w.Ask(out, r, func(ctx context.Context, p identity.Principal) (any, error) { return w.looks(ctx, p, r) })
	})
}

// looks is a page of them. Times are microseconds.
type looks struct {
	Items []look `json:"items"`
	Next  int64  `json:"next,omitempty"` // to be named as before
	Since int64  `json:"since"`          // nothing from before is told
}

type look struct {
	At     int64  `json:"at"`
	What   string `json:"what"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason,omitempty"`
	Who    string `json:"who"` // a pseudonym
	Conv   string `json:"conv,omitempty"`
}

// pageSize is how many looks a page has.
const pageSize = 25

func (w Window) looks(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	const op = "insiderapi.looks"
	before := int64(0)
	for name, values := range r.URL.Query() {
		n, err := strconv.ParseInt(values[0], 10, 64)
		if name != "before" || len(values) != 1 || err != nil || n < 1 {
			return nil, fault.InvalidField(op, name, "is none, or was not given out by us")
		}
		before = n
	}
	found, err := w.Store.OwnLooks(ctx, p, before, pageSize)
	if err != nil {
		return nil, err
	}
	page := looks{Items: []look{}, Next: found.Next, Since: found.Since}
	for _, l := range found.Looks {
		page.Items = append(page.Items, look{At: l.At, What: whatOf(l.Action), Field: l.Field, Reason: l.Reason, Who: l.Who, Conv: l.Conversation})
	}
	return page, nil
}

// whatOf is what was looked at, by a word that the window has.
func whatOf(action string) string {
	switch room, what, _ := strings.Cut(action, "."); {
	case action == "wallet.reveal":
		return "reveal"
	case what == "export":
		return "export"
	case action == "conversation.offered":
		return "offer"
	case action == "contact.read_phrase":
		return "phrase"
	case room == "act", room == "run":
		return "self_service"
	default: // conversation, customer, wallet, attachment, case
		return room
	}
}
