// Package consentapi is where customers are asked for their own yes: what a member of
// staff proposed in a conversation, exactly as the wallet worked it out, and the
// customer's answer to it. It decides nothing; docs/flows.md says the form. Nothing here
// takes a code: the proof is made in the wallet.
package consentapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// Consents asks customers.
type Consents interface {
	Consent(ctx context.Context, p identity.Principal, conv, act string) (acting.Consent, error)
	Agree(ctx context.Context, p identity.Principal, conv, act, hash string) (acting.Consent, error)
	ProveAgain(ctx context.Context, p identity.Principal, conv, act string) (acting.Consent, error)
	Decline(ctx context.Context, p identity.Principal, conv, act string) (acting.Consent, error)
}

// Ask answers whoever holds the session of an open connection, or refuses.
type Ask func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error))

// maxBody bounds what a window sends, in bytes.
const maxBody = 4 << 10

// Mount puts it on the mux of the window's host.
func Mount(mux *http.ServeMux, all Consents, now clock.Clock, ask Ask) {
	const one = " /rt/conversations/{conv}/acts/{act}"
	d := &door{all}
	for pattern, answer := range map[string]func(context.Context, identity.Principal, *http.Request) (acting.Consent, error){
		"GET" + one: d.look, "POST" + one + "/confirm": d.confirm, "POST" + one + "/proof": d.prove, "POST" + one + "/decline": d.decline,
	} {
		mux.HandleFunc(pattern, func(out http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(out, r.Body, maxBody)
			ask(out, r, func(ctx context.Context, p identity.Principal) (any, error) {
				if len(r.URL.Query()) > 0 {
					return nil, fault.InvalidField("consentapi.Mount", "query", "there is none")
				}
				c, err := answer(ctx, p, r)
				if err != nil {
					return nil, err
				}
				return frameOf(c, now()), nil
			})
		})
	}
}

type door struct{ all Consents }

func (d *door) look(ctx context.Context, p identity.Principal, r *http.Request) (acting.Consent, error) {
	return d.all.Consent(ctx, p, r.PathValue("conv"), r.PathValue("act"))
}

// confirm takes the yes, which names what was shown.
func (d *door) confirm(ctx context.Context, p identity.Principal, r *http.Request) (acting.Consent, error) {
	const op = "consentapi.confirm"
	var in struct {
		Hash string `json:"hash"`
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return acting.Consent{}, fault.New(fault.Invalid, op, "the body is too large or broke off")
	}
	if err := strictjson.Decode(body, &in); err != nil {
		return acting.Consent{}, err
	}
	if len(in.Hash) != 64 {
		return acting.Consent{}, fault.InvalidField(op, "hash", "is none")
	}
	return d.all.Agree(ctx, p, r.PathValue("conv"), r.PathValue("act"), in.Hash)
}

func (d *door) prove(ctx context.Context, p identity.Principal, r *http.Request) (acting.Consent, error) {
	return d.all.ProveAgain(ctx, p, r.PathValue("conv"), r.PathValue("act"))
}

func (d *door) decline(ctx context.Context, p identity.Principal, r *http.Request) (acting.Consent, error) {
	return d.all.Decline(ctx, p, r.PathValue("conv"), r.PathValue("act"))
}

// frame is what a customer is asked for, as docs/flows.md has it. The act is in the form
// of a flow's card, so that one drawing serves both.
type frame struct {
	Act       fact     `json:"act"`
	By        string   `json:"by"`
	About     *subject `json:"about,omitempty"`
	CreatedAt int64    `json:"created_at"`
	ExpiresAt int64    `json:"expires_at,omitempty"`
	Now       int64    `json:"now"`
	Proof     proof    `json:"proof"`
}

type fact struct {
	ID          string        `json:"id"`
	Act         string        `json:"act"`
	State       string        `json:"state"`
	Hash        string        `json:"hash"`
	Refusal     string        `json:"refusal,omitempty"`
	Proof       int           `json:"proof"`
	FourEyes    bool          `json:"four_eyes"`
	Amount      *wallet.Money `json:"amount,omitempty"`
	Fees        []fee         `json:"fees,omitempty"`
	Destination string        `json:"destination,omitempty"`
	ArrivesBy   *time.Time    `json:"arrives_by,omitempty"`
	Effects     []string      `json:"effects,omitempty"`
	Reversible  bool          `json:"reversible"`
}

type fee struct {
	Kind   string       `json:"kind"`
	Amount wallet.Money `json:"amount"`
}

type subject struct {
	Party  string       `json:"party"`
	Amount wallet.Money `json:"amount"`
	At     int64        `json:"at"`
}

type proof struct {
	State     string `json:"state"`
	Method    string `json:"method,omitempty"`
	Link      string `json:"link,omitempty"`
	ExpiresAt int64  `json:"expires_at,omitempty"`
	Until     int64  `json:"until,omitempty"`
}

func frameOf(c acting.Consent, now time.Time) frame {
	out := frame{
		Act: fact{
			ID: c.ID, Act: string(c.Command.Act), State: string(c.State), Hash: c.Hash, Refusal: acting.Spoken(c.Refusal), Proof: int(c.Verdict.Level), FourEyes: c.Verdict.FourEyes,
			Destination: c.Destination, Effects: c.Summary.Effects, Reversible: c.Summary.Reversible,
		},
		By: c.MakerName, CreatedAt: clock.Micros(c.CreatedAt), Now: clock.Micros(now), Proof: proofOf(c.Proof),
	}
	if c.State == action.Proposed || c.State == action.Confirmed || c.State == action.Approved || c.State == action.Waiting {
		out.ExpiresAt = clock.Micros(c.ExpiresAt)
	}
	if sum := c.Summary.Amount; !sum.None() {
		out.Act.Amount = &sum
	} else if sum := c.Command.Amount; !sum.None() {
		out.Act.Amount = &sum
	}
	for _, f := range c.Summary.Fees {
		out.Act.Fees = append(out.Act.Fees, fee{f.Kind, f.Amount})
	}
	if at := c.Summary.ArrivesBy; at != 0 {
		when := at.Std().UTC()
		out.Act.ArrivesBy = &when
	}
	if a := c.About; a.Party != "" {
		out.About = &subject{a.Party, a.Amount, clock.Micros(a.At)}
	}
	return out
}

func proofOf(s assurance.Standing) proof {
	return proof{State: string(s.State), Method: s.Method, Link: s.Link, ExpiresAt: clock.Micros(s.ExpiresAt), Until: clock.Micros(s.Until)}
}
