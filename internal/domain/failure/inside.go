package failure

import (
	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
)

// Inside is a failure as staff see it: who said what, what it stands for, and whether
// that is agreed.
type Inside struct {
	Cause  wallet.FailureCode // that Kefu goes by: of two, the one that says less to the customer
	Said   wallet.FailureCode // the wallet's own word
	Source string             // who refused: wallet, issuer, network, payee
	Raw    Raw                // their own code, and whose vocabulary it is of
	Words  string             // in which they said it
	Mapped wallet.FailureCode // what the raw code stands for; "" where there is none, or no table of the rail
	Known  bool               // the rail's table has the raw code
	Agrees bool               // the wallet's word is the one that the raw code stands for
	Tell   Telling
	Title  form.Texts // what the customer would be told, were it allowed; none where it never is
	Text   form.Texts
}

// Inside says what is known of a payment's failure, for staff. False is for a payment
// that has not failed.
func (t *Table) Inside(tx wallet.Transaction) (Inside, bool) {
	cause := t.cause(tx)
	if cause == "" {
		return Inside{}, false
	}
	code := t.codes[cause]
	x := Inside{Cause: cause, Agrees: true, Tell: code.Tell}
	if code.Tell != Never {
		x.Title, x.Text = code.Title, code.Text
	}
	f := tx.Failure
	if f == nil {
		return x, true
	}
	rail := railOf(f, tx.Rail)
	x.Said, x.Source, x.Words, x.Agrees = f.Code, f.Source, f.RawText, t.Agrees(*f, rail)
	x.Raw = Raw{Rail: rail, Code: f.RawCode}
	if f.RawCode != "" {
		if mapped, known := t.Normalise(rail, f.RawCode); known || t.rails[rail] != nil {
			x.Mapped, x.Known = mapped, known
		}
	}
	return x, true
}
