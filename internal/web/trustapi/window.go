package trustapi

import (
	"context"
	"io"
	"net/http"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/vouch"
	"kefu/internal/flow/vouching"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// Ask answers whoever holds the session of an open connection, or refuses.
type Ask func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error))

// maxBody bounds what a window sends, in bytes.
const maxBody = 4 << 10

// Window is what the window's addresses work with.
type Window struct {
	All    *vouching.Service
	Now    func() int64 // microseconds
	Verify string       // the address of the public page
	Ask    Ask
}

// Mount puts them on the mux of the window's host.
func Mount(mux *http.ServeMux, w Window) {
	for pattern, answer := range map[string]func(context.Context, identity.Principal, *http.Request) (any, error){
		"GET /rt/contacts": w.look, "POST /rt/contacts/check": w.check, "POST /rt/contacts/{id}/seen": w.see,
		"PUT /rt/contacts/phrase": w.keep, "DELETE /rt/contacts/phrase": w.forget,
	} {
		mux.HandleFunc(pattern, func(out http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(out, r.Body, maxBody)
			w.Ask(out, r, func(ctx context.Context, p identity.Principal) (any, error) {
				if len(r.URL.Query()) > 0 {
					return nil, fault.InvalidField("trustapi.Mount", "query", "there is none")
				}
				return answer(ctx, p, r)
			})
		})
	}
}

// frame is who contacts the customer now, and their phrase. Times are microseconds.
type frame struct {
	Now    int64     `json:"now"`
	Items  []contact `json:"items"`
	Phrase *phrase   `json:"phrase,omitempty"`
	Verify string    `json:"verify"`
}

type contact struct {
	ID        string `json:"id"`
	Conv      string `json:"conv"`
	By        string `json:"by"`
	Channel   string `json:"channel"`
	Purpose   string `json:"purpose"`
	Code      string `json:"code,omitempty"`
	CreatedAt int64  `json:"created_at"`
	ExpiresAt int64  `json:"expires_at,omitempty"`
	CheckedAt int64  `json:"checked_at,omitempty"`
	PhraseAt  int64  `json:"phrase_at,omitempty"` // they were shown the phrase
}

type phrase struct {
	Text string    `json:"text,omitempty"`
	Read []reading `json:"read"`
}

type reading struct {
	By string `json:"by"`
	At int64  `json:"at"`
}

func told(c vouch.Contact) contact {
	return contact{ID: c.ID, Conv: c.ConversationID, By: c.StaffName, Channel: string(c.Channel), Purpose: string(c.Purpose), Code: c.Code, CreatedAt: c.CreatedAt, ExpiresAt: c.ExpiresAt, CheckedAt: c.CheckedAt, PhraseAt: c.PhraseAt}
}

func (w Window) look(ctx context.Context, p identity.Principal, _ *http.Request) (any, error) {
	all, err := w.All.OwnContacts(ctx, p)
	if err != nil {
		return nil, err
	}
	own, err := w.All.OwnPhrase(ctx, p)
	if err != nil {
		return nil, err
	}
	out := frame{Now: w.Now(), Items: []contact{}, Verify: w.Verify}
	for _, c := range all {
		out.Items = append(out.Items, told(c))
	}
	if own.Text != "" || len(own.Read) > 0 {
		out.Phrase = &phrase{Text: own.Text, Read: []reading{}}
		for _, r := range own.Read {
			out.Phrase.Read = append(out.Phrase.Read, reading{r.StaffName, r.At})
		}
	}
	return out, nil
}

// verdict is what a customer learns of a code.
type verdict struct {
	Verdict string   `json:"verdict"` // ours, used or not_ours
	Contact *contact `json:"contact,omitempty"`
	Left    int      `json:"left"` // false codes that may still be tried now
}

func (w Window) check(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	var in struct {
		Code string `json:"code"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	found, err := w.All.CheckCode(ctx, p, in.Code, vouch.Chat)
	if err != nil {
		return nil, err
	}
	out := verdict{Verdict: string(found.Verdict), Left: found.Left}
	if found.Verdict != vouch.NotOurs {
		c := told(found.Contact)
		out.Contact = &c
	}
	return out, nil
}

func (w Window) see(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	return struct{}{}, w.All.SeeContact(ctx, p, r.PathValue("id"))
}

func (w Window) keep(ctx context.Context, p identity.Principal, r *http.Request) (any, error) {
	var in struct {
		Phrase string `json:"phrase"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return struct{}{}, w.All.SetPhrase(ctx, p, in.Phrase)
}

func (w Window) forget(ctx context.Context, p identity.Principal, _ *http.Request) (any, error) {
	return struct{}{}, w.All.ForgetPhrase(ctx, p)
}

func read(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fault.New(fault.Invalid, "trustapi.read", "the body is too large or broke off")
	}
	return strictjson.Decode(body, into)
}
