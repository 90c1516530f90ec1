package demowallet

import (
	"slices"
	"strconv"
	"time"

	"kefu/internal/connector/demowallet/files"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// dispute is what the wallet keeps of one.
type dispute struct {
	wallet.Dispute
	Lost    bool        `json:"lost,omitempty"` // how the simulator will decide it
	Decides wallet.Time `json:"decides"`
}

func (d *desk) saveDispute(x dispute) error {
	at := x.Decides
	if x.State.Over() {
		at = 0
	}
	if err := d.Wake(keep.KindDispute, x.ID, at); err != nil {
		return err
	}
	if err := put(d, keep.KindDispute, x.ID, x.CustomerID, x.OpenedAt, x); err != nil {
		return err
	}
	return d.Tell(wallet.DisputeUpdated, x.CustomerID, x.ID)
}

// paced is how long something takes at the pace of the wallet.
func (d *desk) paced(x time.Duration) wallet.Time {
	return max(1, wallet.Time(float64(x.Microseconds())/d.w.pace))
}

// needsOf are the codes of what a customer has to show for a claim.
func needsOf(c wallet.Claim) []string {
	switch c {
	case wallet.ClaimMerchant:
		return []string{"order_confirmation"}
	case wallet.ClaimScam:
		return []string{"police_report"}
	default:
		return nil
	}
}

// claimOf is what a customer says of the payments that a command disputes: in the words
// of the contract, or as near to them as the reason is.
func claimOf(c wallet.Command) wallet.Claim {
	for _, said := range []string{c.Details["claim"], c.Reason} {
		switch claim := wallet.Claim(said); claim {
		case wallet.ClaimUnauthorised, wallet.ClaimScam, wallet.ClaimMerchant, wallet.ClaimProcessing:
			return claim
		}
		switch said {
		case "not_mine", "fraud":
			return wallet.ClaimUnauthorised
		case "not_received", "not_as_described", "returned":
			return wallet.ClaimMerchant
		}
	}
	return wallet.ClaimProcessing // such as taken twice, or a wrong sum
}

// openDispute takes down that a customer does not accept one payment or more.
func (d *desk) openDispute(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	claim := claimOf(c)
	var list []*keep.Payment
	var sum wallet.Money
	for i, tx := range append([]string{c.Target}, c.Also...) {
		p, err := d.PaymentOf(c.CustomerID, tx)
		if err != nil {
			return "", err
		}
		if i == 0 {
			o.Summary = &wallet.Summary{Effects: []string{"bank_investigates"}, State: string(p.Tx.State)}
			sum = keep.None(p.Tx.Amount)
		}
		switch {
		case p.Dispute != "":
			return wallet.AlreadyDone, nil
		case i == 0 && c.Expect != string(p.Tx.State):
			return wallet.StateChanged, nil
		case p.Tx.Direction != wallet.Out || !p.Tx.May(wallet.Disputed) || !p.Tx.Amount.Like(sum) || p.Left().Sign() <= 0 || len(p.Tx.History) > wallet.MaxHistory-8:
			return wallet.NotEligible, nil
		}
		sum = keep.More(sum, p.Left())
		list = append(list, p)
	}
	o.Summary.Amount = sum
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	fate, err := d.fated(c.CustomerID, NextDispute)
	if err != nil {
		return "", err
	}
	x := dispute{Lost: fate.Kind == DisputeLost, Decides: d.At + d.paced(10*24*time.Hour), Dispute: wallet.Dispute{
		ID: "dp-" + id.New(), CustomerID: c.CustomerID, Claim: claim, Stage: wallet.StageInquiry, State: wallet.DisputeReview, Amount: sum, Needs: needsOf(claim), OpenedAt: d.At,
		Deadlines: []wallet.Deadline{{What: "decision", At: d.At + d.paced(45*24*time.Hour)}},
	}}
	if len(x.Needs) > 0 {
		x.State = wallet.DisputeNeeds
		x.Deadlines = append(x.Deadlines, wallet.Deadline{What: "evidence", At: x.Decides})
	}
	for _, p := range list {
		x.Transactions = append(x.Transactions, p.Tx.ID)
		p.Dispute = x.ID
		if err := d.Advance(p, keep.Move{To: wallet.Disputed, Note: "dispute_opened", Related: []wallet.Relation{{Kind: "dispute", ID: x.ID}}}); err != nil {
			return "", err
		}
	}
	o.Made, o.Summary.ArrivesBy = []wallet.Made{{Kind: "dispute", ID: x.ID}}, x.Deadlines[0].At
	return "", d.saveDispute(x)
}

// addEvidence adds what speaks for the customer.
func (d *desk) addEvidence(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	x, err := owned[dispute](d, keep.KindDispute, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"evidence_sent"}, State: string(x.State)}
	kinds, refusal, err := files.Papers(d.Desk, d.dry, x.Files, c)
	if until := x.Deadline("evidence"); err == nil && (x.State.Over() || (until != 0 && d.At > until)) {
		refusal = wallet.NotEligible
	}
	if refusal != "" || err != nil {
		return refusal, err
	}
	if kinds[0] == "" || len(x.Evidence)+len(kinds) > wallet.MaxList || len(x.Files)+len(c.Files) > wallet.MaxList {
		return wallet.LimitReached, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	x.Files = append(x.Files, c.Files...)
	x.Evidence = append(x.Evidence, slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return slices.Contains(x.Evidence, k) })...)
	x.Needs = slices.DeleteFunc(x.Needs, func(n string) bool { return slices.Contains(kinds, n) })
	if len(x.Needs) == 0 && x.State == wallet.DisputeNeeds {
		x.State, x.Stage = wallet.DisputeReview, wallet.StageChargeback
	}
	o.Made = []wallet.Made{{Kind: "dispute", ID: x.ID}}
	return "", d.saveDispute(x)
}

// grantCredit lends the customer the money while the dispute is decided.
func (d *desk) grantCredit(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	x, err := owned[dispute](d, keep.KindDispute, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Amount: c.Amount, Effects: []string{"may_be_taken_back"}, ArrivesBy: d.At, State: string(x.State)}
	switch {
	case !x.Credit.None():
		return wallet.AlreadyDone, nil
	case c.Expect != string(x.State):
		return wallet.StateChanged, nil
	case x.State.Over():
		return wallet.NotEligible, nil
	case !c.Amount.Like(x.Amount) || c.Amount.Cmp(x.Amount) > 0:
		return wallet.AmountTooHigh, nil
	}
	p, err := d.Payment(x.Transactions[0])
	if err != nil {
		return "", err
	}
	o.Summary.Destination = p.Tx.AccountID
	if refusal, err := d.authorise(by, c, 1); refusal != "" || err != nil {
		return refusal, err
	}
	if x.CreditTx, err = d.adjust(p.Tx, "credit", wallet.In, c.Amount, keep.Lent(c.Amount), x.ID); err != nil {
		return "", err
	}
	x.Credit = c.Amount
	for _, tx := range x.Transactions {
		p, err := d.Payment(tx)
		if err == nil {
			err = d.Advance(p, keep.Move{To: wallet.ProvisionalCredit, Note: "credit_granted"})
		}
		if err != nil {
			return "", err
		}
	}
	o.Made = []wallet.Made{{Kind: "credit", ID: x.CreditTx}}
	return "", d.saveDispute(x)
}

// adjust books money between the wallet and a customer at once, as a transaction of its
// own. Errors: Conflict when there is not enough.
func (d *desk) adjust(of wallet.Transaction, what string, way wallet.Direction, amount wallet.Money, other, dispute string) (string, error) {
	n, err := d.Count("adjustments:" + of.ID)
	if err != nil {
		return "", err
	}
	t := wallet.Transaction{
		ID: of.ID + "-" + what + strconv.FormatInt(n, 10), CustomerID: of.CustomerID, AccountID: of.AccountID, Kind: wallet.KindAdjustment, Direction: way, Amount: amount, Rail: "wallet",
		Counterparty: &wallet.Counterparty{Name: Name}, CreatedAt: d.At, Related: []wallet.Relation{{Kind: "dispute", ID: dispute}},
	}
	p, err := d.Begin(t, other, rails.Fate{Kind: rails.Fine})
	if err != nil {
		return t.ID, err
	}
	for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
		if err := d.Advance(p, keep.Move{To: to, Final: to == wallet.Posted}); err != nil {
			return t.ID, err
		}
	}
	return t.ID, nil
}

// disputeStep decides a dispute whose time has come. Without the evidence that was
// needed it is lost.
func (d *desk) disputeStep(key string) error {
	x, err := get[dispute](d, keep.KindDispute, key)
	if err != nil || x.State.Over() {
		if err == nil {
			err = d.Wake(keep.KindDispute, key, 0)
		}
		return err
	}
	x.DecidedAt = d.At
	if x.State = wallet.DisputeWon; x.Lost || len(x.Needs) > 0 {
		x.State = wallet.DisputeLost
		err = d.lose(&x)
	} else {
		err = d.win(x)
	}
	if err != nil {
		return err
	}
	return d.saveDispute(x)
}

// win gives the customer what is theirs: what was lent stays with them, for the bank of
// the other side pays it; the rest comes back.
func (d *desk) win(x dispute) error {
	kept := keep.None(x.Amount)
	if !x.Credit.None() {
		kept = x.Credit
		err := d.Transfer(ledger.Transfer{ID: x.ID + "/chargeback", Kind: ledger.Direct, Debit: keep.World(kept), Credit: keep.Lent(kept), Amount: kept.Smallest(), Ref: x.ID, At: int64(d.At)})
		if err != nil {
			return err
		}
	}
	var first wallet.Transaction
	for i, tx := range x.Transactions {
		p, err := d.Payment(tx)
		if err != nil {
			return err
		}
		if i == 0 {
			first = p.Tx
		}
		p.Dispute = ""
		if err := d.Advance(p, keep.Move{To: wallet.Won, Note: "dispute_won"}); err != nil {
			return err
		}
		if kept.Sign() > 0 {
			continue
		}
		if err := d.Advance(p, keep.Move{To: wallet.Reversed, Note: "charged_back"}); err != nil {
			return err
		}
	}
	rest := keep.Less(x.Amount, kept)
	if kept.Sign() == 0 || rest.Sign() == 0 {
		return nil
	}
	_, err := d.adjust(first, "rest", wallet.In, rest, keep.World(rest), x.ID)
	return err
}

// lose takes back what was lent, where it is still there; what is not, the wallet bears.
func (d *desk) lose(x *dispute) error {
	var first wallet.Transaction
	for i, tx := range x.Transactions {
		p, err := d.Payment(tx)
		if err != nil {
			return err
		}
		if i == 0 {
			first = p.Tx
		}
		p.Dispute = ""
		if err := d.Advance(p, keep.Move{To: wallet.Lost, Note: "dispute_lost"}); err != nil {
			return err
		}
	}
	if x.Credit.None() {
		return nil
	}
	account, balance, err := d.Account(first.AccountID)
	if err != nil || account.Frozen || account.Closed || balance.Available().Cmp(x.Credit.Smallest()) < 0 {
		return err
	}
	_, err = d.adjust(first, "taken", wallet.Out, x.Credit, keep.Lent(x.Credit), x.ID)
	return err
}

// recalled is a recall that waits for the other bank.
type recalled struct {
	Operation string `json:"operation"`
	Tx        string `json:"tx"`
	Refused   bool   `json:"refused,omitempty"`
}

// recall asks the bank on the other side to send a transfer back.
func (d *desk) recall(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	p, err := d.PaymentOf(c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	rail, err := rails.Of(p.Tx.Rail)
	if err != nil {
		return wallet.NotEligible, nil
	}
	o.Summary = &wallet.Summary{Amount: p.Tx.Amount, Destination: p.Tx.AccountID, ArrivesBy: d.At + d.paced(rail.Recall+rail.Return), Effects: []string{"not_certain"}, State: string(p.Tx.State)}
	before, err := get[recalled](d, keep.KindRecall, "rc-"+p.Tx.ID)
	switch {
	case err == nil && before.Operation != "":
		return wallet.AlreadyDone, nil
	case err != nil && !fault.Is(err, fault.NotFound):
		return "", err
	case c.Expect != string(p.Tx.State):
		return wallet.StateChanged, nil
	case rail.Recall == 0 || p.Tx.Direction != wallet.Out || p.Tx.Final || (p.Tx.State != wallet.Processing && p.Tx.State != wallet.Posted):
		return wallet.NotEligible, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	fate, err := d.fated(c.CustomerID, NextRecall)
	if err != nil {
		return "", err
	}
	o.State, o.DoneAt, o.ExpectedBy = wallet.OpPending, 0, d.At+d.paced(rail.Recall)
	p.Trace(wallet.Trace{At: d.At, Source: "wallet", Event: "recall_sent", Tellable: true})
	if err := d.Save(p); err != nil {
		return "", err
	}
	if err := d.Wake(keep.KindRecall, "rc-"+p.Tx.ID, o.ExpectedBy); err != nil {
		return "", err
	}
	return "", put(d, keep.KindRecall, "rc-"+p.Tx.ID, c.CustomerID, d.At, recalled{Operation: o.ID, Tx: p.Tx.ID, Refused: fate.Kind == RecallRefused})
}

// recallStep is the answer of the bank on the other side.
func (d *desk) recallStep(key string) error {
	r, err := get[recalled](d, keep.KindRecall, key)
	if err != nil {
		return err
	}
	o, err := get[wallet.Operation](d, keep.KindOperation, r.Operation)
	if err != nil {
		return err
	}
	p, err := d.Payment(r.Tx)
	if err != nil {
		return err
	}
	if o.State, o.DoneAt = wallet.OpSucceeded, d.At; r.Refused || (p.Tx.State != wallet.Processing && p.Tx.State != wallet.Posted) || p.Tx.Final {
		o.State, o.Refusal = wallet.OpFailed, wallet.NotEligible
		p.Trace(wallet.Trace{At: d.At, Source: "provider", Event: "recall_refused", Tellable: true})
		err = d.Save(p)
	} else {
		steps := []keep.Move{{To: wallet.Reversed, Note: "recalled"}}
		if p.Tx.State == wallet.Processing {
			steps = []keep.Move{{To: wallet.FailedAfterDebit, Failure: d.w.own(p.Tx.Rail, wallet.CancelledByUser), Note: "recalled"}, {To: wallet.AutoReversal}, {To: wallet.Reversed}}
		}
		p.Plan = nil
		for _, m := range steps {
			if err == nil {
				err = d.Advance(p, m)
			}
		}
	}
	if err != nil {
		return err
	}
	if err := d.Wake(keep.KindRecall, key, 0); err != nil {
		return err
	}
	if err := put(d, keep.KindRecall, key, o.CustomerID, o.CreatedAt, recalled{Tx: r.Tx}); err != nil {
		return err
	}
	return d.saveOperation(o)
}

// inspect asks the rail where a payment is. What is stuck there is found.
func (d *desk) inspect(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	p, err := d.PaymentOf(c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"rail_is_asked"}, ArrivesBy: d.At + d.paced(8*time.Hour), State: string(p.Tx.State)}
	if c.Expect != "" && c.Expect != string(p.Tx.State) {
		return wallet.StateChanged, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	o.Made = []wallet.Made{{Kind: "inspection", ID: "in-" + id.New()}}
	p.Trace(wallet.Trace{At: d.At, Source: "wallet", Event: "inspection_sent", Tellable: true})
	found := d.At + d.paced(8*time.Hour)
	switch {
	case len(p.Plan) == 0 && (p.Tx.State == wallet.Processing || p.Tx.State == wallet.Unknown):
		if p.Refund == "" {
			p.Plan = []keep.Move{{To: wallet.Posted, At: found, Note: "found_by_inspection"}}
		}
	case len(p.Plan) > 0 && p.Plan[0].At > found && (p.Tx.State == wallet.Processing || p.Tx.State == wallet.Unknown):
		shift := p.Plan[0].At - found
		for i := range p.Plan {
			p.Plan[i].At -= shift
		}
	}
	return "", d.Save(p)
}
