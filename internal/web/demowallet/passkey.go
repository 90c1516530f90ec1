package demowallet

import (
	"context"
	"net/http"

	"kefu/internal/platform/passkey"
)

// Passkeys is what the wallet's app does with passkeys. Errors of all: NotFound, Invalid,
// Conflict; Forbidden for what the customer has not agreed to; TooMany.
type Passkeys interface {
	// OwnPasskeys lists those of a customer, and says where new ones can be made.
	OwnPasskeys(ctx context.Context, customer string) (OwnPasskeys, error)
	// AskChange asks for the customer's yes to a passkey of a name, or with an id to one being
	// removed. It gives what they have to answer; "" when they have nothing to answer by.
	AskChange(ctx context.Context, customer, name, remove string) (string, error)
	AskNewPasskey(ctx context.Context, customer, name, agreed string) (passkey.Question, error)
	AddPasskey(ctx context.Context, customer, name, agreed string, a passkey.Answer) error
	RemovePasskey(ctx context.Context, customer, id, agreed string) error
	// AskPasskey asks for a signature of what customer service wants proven.
	AskPasskey(ctx context.Context, customer, ask string) (passkey.Question, error)
	// AnswerByPasskey brings it, and gives how far the proof has got.
	AnswerByPasskey(ctx context.Context, customer, ask string, a passkey.Answer) (string, error)
}

// OwnPasskeys are the passkeys of a customer.
type OwnPasskeys struct {
	Home  string       `json:"home"` // the address at which passkeys are made and used; "" is nowhere
	Items []OwnPasskey `json:"items"`
	Most  int          `json:"most"`
	// Changes are what was added and removed, the latest first.
	Changes []PasskeyChange `json:"changes"`
}

// PasskeyChange is a passkey that was added or removed, at a time in microseconds.
type PasskeyChange struct {
	Name    string `json:"name"`
	Removed bool   `json:"removed"`
	At      int64  `json:"at"`
}

// OwnPasskey is one of them; times are microseconds, 0 is never.
type OwnPasskey struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	AddedAt int64  `json:"added_at"`
	UsedAt  int64  `json:"used_at"`
	Young   bool   `json:"young"` // it counts for less yet
}

// question is what a browser is asked for, in the words of the desk's API.
type question struct {
	Challenge  string   `json:"challenge"`
	Domain     string   `json:"rp_id"`
	TimeoutMS  int64    `json:"timeout_ms"`
	Handle     string   `json:"user_handle,omitempty"`
	Algorithms []int64  `json:"algorithms,omitempty"`
	Exclude    []string `json:"exclude,omitempty"`
	Allow      []string `json:"allow,omitempty"`
}

// brought is what a browser brings back; what is binary is base64url.
type brought struct {
	Customer          string   `json:"customer"`
	Ask               string   `json:"ask"`    // of a proof
	Name              string   `json:"name"`   // of a new passkey
	Agreed            string   `json:"agreed"` // the ask by which its owner agreed to it
	ID                string   `json:"id"`
	ClientData        string   `json:"client_data"`
	Attestation       string   `json:"attestation"`
	Transports        []string `json:"transports"`
	AuthenticatorData string   `json:"authenticator_data"`
	Signature         string   `json:"signature"`
	Handle            string   `json:"user_handle"`
}

func (b brought) answer() passkey.Answer {
	return passkey.Answer{
		ID: b.ID, ClientData: b.ClientData, Attestation: b.Attestation, Transports: b.Transports,
		AuthenticatorData: b.AuthenticatorData, Signature: b.Signature, Handle: b.Handle,
	}
}

// which names something of a customer's.
type which struct {
	Customer string `json:"customer"`
	ID       string `json:"id"`
	Name     string `json:"name"`
	Agreed   string `json:"agreed"`
}

func servePasskeys(mux *http.ServeMux, o Options) {
	mux.HandleFunc("GET /demo/passkeys", func(w http.ResponseWriter, r *http.Request) {
		own, err := o.App.OwnPasskeys(r.Context(), r.URL.Query().Get("customer"))
		reply(w, own, err)
	})
	doing(mux, "passkey/change", func(r *http.Request, in which) (any, error) {
		ask, err := o.App.AskChange(r.Context(), in.Customer, in.Name, in.ID)
		return map[string]string{"ask": ask}, err
	})
	doing(mux, "passkey/new", func(r *http.Request, in which) (any, error) {
		q, err := o.App.AskNewPasskey(r.Context(), in.Customer, in.Name, in.Agreed)
		return question(q), err
	})
	doing(mux, "passkey/add", func(r *http.Request, in brought) (any, error) {
		return struct{}{}, o.App.AddPasskey(r.Context(), in.Customer, in.Name, in.Agreed, in.answer())
	})
	doing(mux, "passkey/remove", func(r *http.Request, in which) (any, error) {
		return struct{}{}, o.App.RemovePasskey(r.Context(), in.Customer, in.ID, in.Agreed)
	})
	doing(mux, "passkey/ask", func(r *http.Request, in which) (any, error) {
		q, err := o.App.AskPasskey(r.Context(), in.Customer, in.ID)
		return question(q), err
	})
	doing(mux, "passkey/answer", func(r *http.Request, in brought) (any, error) {
		state, err := o.App.AnswerByPasskey(r.Context(), in.Customer, in.Ask, in.answer())
		return map[string]string{"state": state}, err
	})
}
