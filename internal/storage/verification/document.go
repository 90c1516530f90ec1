package verification

import (
	"database/sql"
	"encoding/json"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// document is a step-up as it is sealed.
type document struct {
	Conversation string       `json:"conversation"`
	Customer     string       `json:"customer"`
	WalletID     string       `json:"wallet_id"`
	Act          wallet.Act   `json:"act"`
	Target       string       `json:"target,omitempty"`
	Amount       wallet.Money `json:"amount"`
	Level        int          `json:"level"`
	Nonce        string       `json:"nonce"`
	Remote       string       `json:"remote,omitempty"`
	Method       string       `json:"method,omitempty"`
	Proof        *proof       `json:"proof,omitempty"`
	Signed       string       `json:"signed,omitempty"`
}

type proof struct {
	ID        string        `json:"id"`
	Level     int           `json:"level"`
	Methods   []string      `json:"methods"`
	FactorAge time.Duration `json:"factor_age"`
	Device    string        `json:"device,omitempty"`
	At        int64         `json:"at"`
	ExpiresAt int64         `json:"expires_at"`
}

func aad(id string) string { return "step-up/" + id }

func seal(t *core.Tx, k assurance.Kept) ([]byte, int64, error) {
	d := document{
		Conversation: k.ConversationID, Customer: k.CustomerID, WalletID: k.WalletID, Act: k.Act, Target: k.Target, Amount: k.Amount, Level: int(k.Level), Nonce: k.Nonce,
		Remote: k.Remote, Method: k.Method, Signed: k.Signed,
	}
	if k.Proof.ID != "" {
		d.Proof = &proof{k.Proof.ID, int(k.Proof.Level), k.Proof.Methods, k.Proof.FactorAge, k.Proof.Device, clock.Micros(k.Proof.At), clock.Micros(k.Proof.ExpiresAt)}
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, 0, fault.Wrap("verification.seal", err)
	}
	return t.Seal(text, aad(k.ID))
}

func (v *Proofs) open(row *sql.Row) (assurance.Kept, error) {
	const op = "verification.open"
	var k assurance.Kept
	var state string
	var asked, expires, ref int64
	var sealed []byte
	if err := row.Scan(&k.ID, &k.ActID, &state, &k.Revision, &asked, &expires, &sealed, &ref); err != nil {
		return k, engine.MapError(op, err)
	}
	text, err := v.core.Open(sealed, ref, aad(k.ID))
	if err != nil {
		return k, err
	}
	var d document
	if err := strictjson.Decode(text, &d); err != nil {
		return k, &fault.Error{Code: fault.Internal, Op: op, Message: "a stored step-up cannot be read", Err: err}
	}
	k.State, k.AskedAt, k.ExpiresAt = assurance.State(state), clock.FromMicros(asked), clock.FromMicros(expires)
	k.ConversationID, k.CustomerID, k.WalletID, k.Act, k.Target, k.Amount = d.Conversation, d.Customer, d.WalletID, d.Act, d.Target, d.Amount
	k.Level, k.Nonce, k.Remote, k.Method, k.Signed = identity.Level(d.Level), d.Nonce, d.Remote, d.Method, d.Signed
	if p := d.Proof; p != nil {
		k.Proof = assurance.Assertion{
			ID: p.ID, Level: identity.Level(p.Level), Methods: p.Methods, FactorAge: p.FactorAge, Device: p.Device, At: clock.FromMicros(p.At), ExpiresAt: clock.FromMicros(p.ExpiresAt),
		}
	}
	return k, nil
}
